"""Write docs/findings: a page, a mail and a reproducer for each finding (``make findings``)."""
