"""Pages that teach: read, performed and played.

page       a Markdown page as headings, prose, files, transcripts
stage      where the transcripts of one page are performed: a session, and commands in a folder
ink        lines as wide as the terminal, in its colours
player     a page in a terminal
lessons    the pages themselves, from examples/lessons
"""
