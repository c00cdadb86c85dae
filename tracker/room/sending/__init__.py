"""What goes out by itself: webhooks and mail by rule and unit, out of an outbox in the store."""
