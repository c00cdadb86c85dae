"""Papers as offices have them: tables with columns of their own, read by a mapping or by what their headers say."""
