"""Mini in editors and on pages: a lexer for Pygments, a TextMate grammar with an extension for VS Code around it."""
