"""What the subcommands of ``minivm`` do, one file each; ``lang.cli`` imports them when they are asked for."""
