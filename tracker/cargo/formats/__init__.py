"""Papers in the forms that carriers and terminals exchange them: one file for each family of messages, and the table of them (``table``)."""
