"""Mutant schemata (Untch, Offutt, Harrold 1993): one program that holds many faults and runs with the one that it is told.

A function with faults begins, for each of them, with "if it is this one: the body with the fault". A program is then built
once for all faults whose claims a paper states, and not once for each.
"""

import re

from nb.checkout import ROOT

from .faults import FaultError

VARIABLE = 'MARGINALIA_FAULT'  # the number of the fault, in the environment of the program
NAME = 'zz_marginalia_fault.go'  # beside a faulty file
CHOSEN = '''package {package}

import (
	"os"
	"strconv"
)

var marginaliaFault = func() int {{ number, _ := strconv.Atoi(os.Getenv("{variable}")); return number }}()
'''
PACKAGE = re.compile(r'^package (\w+)', re.M)
LABEL = re.compile(r'^\s*(?!default\b)\w+:$', re.M)


def together(faults, root=ROOT):
    """What go build -overlay puts into the place of files so that one program holds these faults, {path: text}, and the numbers
    from 1 on by which it is told, {name: number}. Left out are faults outside of a function's body or in one with labels, and those that do not fit."""
    files, numbers = {}, {}
    for fault in faults:
        files.setdefault(fault.file, []).append(fault)
    replaced = {}
    for file, those in files.items():
        text = (root / file).read_text(encoding='utf-8')
        added = {}  # where a body begins -> what is put there
        for fault in those:
            place = body_with(fault, text, root)
            if place:
                numbers[fault.name] = len(numbers) + 1
                start, body, void = place
                added.setdefault(start, []).append(f'if marginaliaFault == {numbers[fault.name]} {{\n{body}\n{"return" * void}\n}}\n')
        if added:
            for start in sorted(added, reverse=True):
                text = text[:start] + ''.join(added[start]) + text[start:]
            replaced[root / file] = text
            replaced[(root / file).with_name(NAME)] = CHOSEN.format(package=PACKAGE.search(text)[1], variable=VARIABLE)
    return replaced, numbers


def body_with(fault, text, root):
    """Where the body of the function with the fault begins, the body with the fault, and whether it returns nothing; or None."""
    try:
        faulty = fault.apply(root)
    except FaultError:
        return None
    for begin, start, end in functions(text):
        body = faulty[start:len(faulty) - (len(text) - end)]
        if len(faulty) >= start + len(text) - end and faulty == text[:start] + body + text[end:]:
            return None if LABEL.search(body) else (start, body, not results(text[begin:start]))
    return None


def functions(text):
    """Of each function of a formatted file: where it, its body, and what follows on the body begin."""
    at = 0
    while (at := text.find('\nfunc ', at)) >= 0:
        begin, line = at + 1, text.find('\n', at + 1)
        if text[begin:line].endswith(' }'):  # on one line
            start, end = begin + len(text[begin:line].split(') ', 1)[0]), line - 2
            start = text.find('{ ', start) + 2
        else:
            start = text.find(' {\n', begin) + 3
            end = text.find('\n}\n', begin) + 1
        if begin < start <= end:
            yield begin, start, end
        at = line


def results(signature):
    """What a function returns, from "func ... {": '' for nothing."""
    rest = signature.removeprefix('func ').rstrip().removesuffix('{')
    if rest.startswith('('):
        rest = rest[closed(rest):].lstrip()
    rest = rest.lstrip('_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')
    if rest.startswith('['):
        rest = rest[closed(rest):]
    return rest[closed(rest):].strip()


def closed(text):
    """The number of characters up to the bracket that closes the first one."""
    depth = 0
    for at, mark in enumerate(text):
        depth += (mark in '([{') - (mark in ')]}')
        if depth == 0:
            return at + 1
    return len(text)
