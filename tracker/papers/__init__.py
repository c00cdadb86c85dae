"""Papers as they arrive: documents, what is read of them, and the digest by which the same content is known again. Pure: no socket, no clock, no store."""
