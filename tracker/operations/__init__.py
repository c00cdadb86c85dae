"""What the program tells whoever runs it: its log."""
