"""``minivm completion SHELL``: a script that completes commands, options, their values and files. It is written from
the commands' own parsers, so that it knows what they know."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable

from attrs import frozen

from lang.arguments import parser_of
from lang.commands import COMMANDS, OTHERS
from minivm.trace import TOPICS

EXAMPLES = """
minivm completion bash > ~/.local/share/bash-completion/completions/minivm    for bash, from the next shell on
minivm completion zsh > ~/.zfunc/_minivm           with `fpath+=~/.zfunc` before `compinit` in ~/.zshrc
minivm completion fish > ~/.config/fish/completions/minivm.fish    for fish
"""


def options(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("shell", choices=sorted(SHELLS), help="the shell the script is for")


def execute(parsed: argparse.Namespace) -> int:
    """Print the script."""
    print(SHELLS[parsed.shell]([known(name) for name in COMMANDS]), end="")
    return 0


@frozen
class Known:
    """What there is to complete behind one command: options with their help, and words."""

    name: str
    options: dict[str, str]
    values: dict[str, tuple[str, ...]]  # of options that take one of some words
    words: tuple[str, ...]  # what may stand where no option does; none: a file


def known(name: str) -> Known:
    """What a command's parser knows."""
    found: dict[str, str] = {}
    values: dict[str, tuple[str, ...]] = {"--trace": TOPICS} if name in ("run", "repl") else {}
    words: tuple[str, ...] = ()
    for action in parser_of(name)._actions:
        choices = tuple(map(str, action.choices or ()))
        for option in action.option_strings:
            if option.startswith("--"):
                found[option] = (action.help or "").partition(" (")[0].partition(";")[0]
                values |= {option: choices} if choices else {}
        if not action.option_strings:
            words += choices
    return Known(name, found, values, _codes() if name == "explain" else words)


def _codes() -> tuple[str, ...]:
    from lang.explanations import titles

    return tuple(titles())


# ── the scripts ──────────────────────────────────────────────────────────────────────────────────────────────


def bash(commands: Iterable[Known]) -> str:
    """For bash."""
    cases = []
    for one in commands:
        values = [f"            {option}) words='{' '.join(words)}' ;;" for option, words in one.values.items()]
        chosen = ['        case "$before" in', *values, "        esac"] if values else []
        cases += [
            f"    {one.name})",
            f"        options='{' '.join(one.options)}'",
            f"        words='{' '.join(one.words)}'",
        ]
        cases += [*chosen, "        ;;"]
    return _BASH.format(commands=" ".join((*COMMANDS, *OTHERS)), cases="\n".join(cases))


_BASH = """\
# bash completion for minivm; `minivm completion bash` prints it
_minivm() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" options='' words=''
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W '{commands} --help --version' -- "$word")
        return
    fi
    case "${{COMP_WORDS[1]}}" in
    help)
        words='{commands}'
        ;;
{cases}
    esac
    if [[ "$word" == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    elif [ -n "$words" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    else
        compopt -o filenames 2> /dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}}
complete -F _minivm minivm
"""


def zsh(commands: Iterable[Known]) -> str:
    """For zsh."""
    cases = []
    for one in commands:
        rows = []
        for option, text in one.options.items():
            value = f":value:({' '.join(one.values[option])})" if option in one.values else ""
            rows.append(_quoted(f"{option}[{_bare(text)}]{value}"))
        rows.append(_quoted(f"*:what:({' '.join(one.words)})" if one.words else "*:file:_files"))
        cases.append(f"    {one.name})\n        _arguments {' '.join(rows)}\n        ;;")
    listed = "\n".join(f"        {_quoted(f'{name}:{_bare(text)}')}" for name, text in {**COMMANDS, **OTHERS}.items())
    return _ZSH.format(listed=listed, cases="\n".join(cases), names=" ".join(COMMANDS))


_ZSH = """\
#compdef minivm
# zsh completion for minivm; `minivm completion zsh` prints it
_minivm() {{
    local -a commands
    commands=(
{listed}
    )
    if (( CURRENT == 2 )); then
        _describe command commands
        return
    fi
    local name="$words[2]"
    shift words
    (( CURRENT-- ))
    case "$name" in
    help)
        _arguments '*:command:({names})'
        ;;
{cases}
    esac
}}
if [ "$funcstack[1]" = _minivm ]; then _minivm "$@"; else compdef _minivm minivm; fi
"""


def fish(commands: Iterable[Known]) -> str:
    """For fish."""
    lines = ["# fish completion for minivm; `minivm completion fish` prints it", "complete -c minivm -f"]
    for name, text in {**COMMANDS, **OTHERS}.items():
        lines.append(f"complete -c minivm -n __fish_use_subcommand -a {name} -d {_quoted(_bare(text))}")
    for one in commands:
        inside = f"complete -c minivm -n '__fish_seen_subcommand_from {one.name}'"
        lines.append(f"{inside} -a {_quoted(' '.join(one.words))}" if one.words else f"{inside} -F")
        for option, text in one.options.items():
            values = f" -x -a {_quoted(' '.join(one.values[option]))}" if option in one.values else ""
            lines.append(f"{inside} -l {option.removeprefix('--')} -d {_quoted(_bare(text))}{values}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _bare(text: str) -> str:
    """A description without what zsh or argparse would take for its own."""
    return text.replace("%%", "%").replace("[", "(").replace("]", ")").replace(":", ",").replace("`", "")


SHELLS: dict[str, Callable[[Iterable[Known]], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
