"""Search by any identifier: an index in memory over what the store holds, and what is found through it.

``terms`` holds sorted terms, ``wording`` makes terms of texts, ``reading`` recognises identifiers by their form, ``index`` is filled from the store and
follows it, ``hiding`` leaves out what somebody may not see, ``answering`` puts a question to all of them.
"""
