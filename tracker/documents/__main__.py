"""``python -m tracker.documents`` writes the generated pages anew."""

from tracker.documents.pages import main

main()
