"""Mini, the language: text in, class files out; and the command line and REPL over the machine."""
