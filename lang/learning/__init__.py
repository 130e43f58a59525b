"""Pages that teach: read, performed and played.

page       a Markdown page as headings, prose, files, transcripts
stage      where the transcripts of one page are performed: a session, and commands in a folder
player     a page in a terminal
lessons    the pages themselves, from examples/lessons
"""
