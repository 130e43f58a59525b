"""``minivm repl``: a session with a machine, and the loops that feed it from a pipe or a terminal.

reply, tables, sketches      what a session says: replies, columns, values broken into lines
values, echo                 values as a person would write them
editor, interrupts, journal, versions, workspace
                             what a session is made of: the machine, the entries so far, their context for new text
entries, redefining, stepping
                             entries, new versions of classes, entries run step by step
command, commands/           the table of commands, and their functions
reading, session             whole entries from lines; the session, without a terminal
piped, terminal/, loop       standard input, piped or typed
"""
