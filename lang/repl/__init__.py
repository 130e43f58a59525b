"""``minivm repl``: a session with a machine, and the loops that feed it from a pipe or a terminal.

reply, echo, views           what a session says: replies, values, and views of its machine
workspace                    what it is made of: the machine, the entries so far, their context for new text
entries, redefining          entries and new versions of classes
commands, session            the commands; the session, without a terminal
loop                         standard input, piped or typed
"""
