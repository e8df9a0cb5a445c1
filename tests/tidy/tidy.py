#!/usr/bin/python3
"""The rules of the house that a machine can check, as a CTest entry.

  tidy.py --root DIR [--cc CC --include DIR…]   every fault as "path:line: what"; exit status 1 if any
  tidy.py --selftest                            each rule is shown to fail on a small bad tree

Without --cc the headers are not compiled. A rule is a function that takes a Tree and yields faults;
RULES lists them, selftest.py has a bad tree for each. Sizes only warn.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

# ---- what the rules are about -------------------------------------------------------------------

# Folder -> its name in an #include, and its layer. An include goes to a lower layer or stays at home.
LAYERS = {
    'lib/base': ('base', 0),
    'lib/store': ('store', 1), 'lib/net': ('net', 1), 'lib/web': ('web', 1), 'proto': ('proto', 1),
    'lib/ledger': ('ledger', 2), 'lib/par': ('par', 2),
    'lib/blob': ('blob', 3), 'lib/party': ('party', 4), 'lib/audit': ('audit', 4),
    'broker': ('broker', 5), 'ward-agent': ('ward-agent', 5), 'office-service': ('office-service', 5),
}
PROGRAMS = ('broker', 'ward-agent', 'office-service')

# Outside headers and the only folders that may include them (tests may include any).
OWNERS = [
    (r'zmq.*\.h', ('lib/net',)),
    (r'lmdb\.h', ('lib/store',)),
    (r'microhttpd\.h', ('lib/web',)),
    (r'.*\.pb-c\.h', ('proto',)),
    (r'(google/)?protobuf(-c)?/.*', ('proto',)),
    (r'openssl/.*', ('lib/ledger',)),
    (r'sodium.*\.h', ('lib/ledger', 'lib/party')),
    (r'csv\.h', ('lib/par',)),
    (r'utf8proc\.h', ('lib/par',)),
    (r'jansson\.h', ('lib/party', 'lib/audit') + PROGRAMS),
]

# Pure cores see no socket, no store, no clock and no file: state, event and `now` come in as values.
PURE = [
    r'lib/ledger/(leaf|note|receipt|refusal|statement|tree)\.[ch]',
    r'lib/par/.*\.[ch]',
    r'lib/party/(uplink.*|witness)\.[ch]',
    r'office-service/(fold|standing|board|award).*\.[ch]',
    r'office-service/.*_row\.[ch]',
]
IMPURE_HEADERS = re.compile(
    r'(time|sys/time|sys/socket|sys/stat|sys/file|unistd|fcntl|poll|signal|pthread|threads|zmq|lmdb)\.h|'
    r'(store|web)/.*|net/(?!backoff\.h).*|base/(clock|file|log)\.h')
# snprintf only writes to memory; every other word of stdio.h is input or output.
IMPURE_CALLS = re.compile(
    r'\b(f?printf|vf?printf|dprintf|puts|fputs|putchar|fputc|putc|fopen|fdopen|freopen|fclose|fread|'
    r'fwrite|fgets|getchar|fgetc|getc|getline|f?scanf|perror|fflush|time|clock_gettime|getenv)\s*\(')

CODE = tuple(LAYERS)
# Call -> (folders where it is banned, what to do instead).
EXACT = ('lib/par', 'office-service')
BANNED = {
    'strcpy': (CODE, 'memcpy with a checked size'), 'strcat': (CODE, 'struct buf'),
    'sprintf': (CODE, 'snprintf'), 'vsprintf': (CODE, 'vsnprintf'), 'gets': (CODE, 'file_read'),
    'strtok': (CODE, 'strcspn'), 'alloca': (CODE, 'a bounded array'),
    'note_verify': (tuple(f for f in CODE if f != 'lib/ledger'), "log_keys_verify: the log's key changes"),
    'system': (CODE, 'nothing: no shell'), 'popen': (CODE, 'nothing: no shell'),
    'atoi': (CODE, 'a parser that can refuse'), 'atol': (CODE, 'a parser that can refuse'),
    'atoll': (CODE, 'a parser that can refuse'), 'atof': (CODE, 'exact decimals'),
    'strtod': (EXACT, 'exact decimals'), 'strtof': (EXACT, 'exact decimals'),
    'rand': (CODE, 'rng.h'), 'srand': (CODE, 'rng.h'), 'random': (CODE, 'rng.h'),
    'assert': (CODE, 'CHECK'), 'setjmp': (CODE, 'an error'), 'longjmp': (CODE, 'an error'),
    'localtime': (CODE, 'day.h'), 'gmtime': (CODE, 'day.h'), 'ctime': (CODE, 'day.h'),
    'sleep': (CODE, 'the loop\'s timer'), 'usleep': (CODE, 'the loop\'s timer'),
    'signal': (CODE, 'sigaction or signalfd'),
}
NO_FLOATS = [r'lib/par/.*\.[ch]', r'office-service/(fold|standing|board|score|award|task).*\.[ch]']

# A sentence in an error must go through _(), so that a person reads it in his language. Left out:
# what no sentence is made of but names (NOMEM names what did not fit, err_set says the rest; PROTO
# has the words of PROTOCOL.md, for the log and for who writes a client; enrolment and init put a
# sentence in front), and proto/, whose errors are all of that kind. A text may reach err_set through a
# variable, a ?: or a table: so sentences in those must be marked too, wherever they go.
ERROR_CALLS = re.compile(
    r'\b(err_set|err_set_errno|err_wrap)\s*\(\s*([^"();]*?),\s*((?:"(?:\\.|[^"\\\n])*"\s*)+)')
NOT_SENTENCES = ('NG_ERR_NOMEM', 'NG_ERR_PROTO')
WIRE_WORDS = ('proto',)
SENTENCE_PLACES = re.compile(
    r'(?:\breturn|[^=!<>]=|\?|:)\s*((?:"(?:\\.|[^"\\\n])*"\s*)+)')
TABLES = re.compile(r'\bstatic const [^;=()]*=\s*\{')
TABLE_TEXTS = re.compile(r'(\bN_\(\s*)?((?:"(?:\\.|[^"\\\n])*"\s*)+)')
NOT_FOR_PEOPLE = [
    r'.*/main\.c', r'lib/base/cli\.c',  # names and words of commands are never translated
    r'broker/desk_answer\.c',           # goes onto the wire, which is English
    r'broker/serve_house\.c',           # what follows, in a log line
    r'lib/par/report\.c',               # names of columns
]

FILE_LINES_WARN = 450
FUNCTION_LINES_MAX = 70
FOLDERS = list(LAYERS) + ['tests', 'cmake', 'docs', 'man', 'packaging', 'po', 'scripts']
TEXT = ('.c', '.h', '.py', '.md', '.txt', '.cmake', '.proto', '.sh', '.json', '.po', '.service')
TEXT_WITHOUT_ENDING = ('', 'scripts', 'po', 'packaging')  # folders whose plain names are text
# Built from pieces so that this file does not break its own rules.
DEBT = re.compile(r'\b(' + '|'.join(['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK']) + r')\b')
MACHINE_PATH = re.compile(r'(?<![\w.$}])/(' + '|'.join(['wo' + 'rk', 'ro' + 'ot']) + r')/')


# ---- reading C ----------------------------------------------------------------------------------

def blank(match):
    """Same length and lines, nothing in it."""
    return re.sub(r'[^\n]', ' ', match.group())


COMMENTS_AND_TEXTS = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code_only(text):
    """Text with comments, strings and characters blanked."""
    return COMMENTS_AND_TEXTS.sub(blank, text)


def without_comments(text):
    return COMMENTS_AND_TEXTS.sub(lambda m: blank(m) if m.group()[0] == '/' else m.group(), text)


def top_level(text):
    """Pieces of a C file outside all braces: (line, text, 'body' or ';', lines of the body)."""
    code = re.sub(r'^[ \t]*#(?:[^\n\\]|\\.|\\\n)*', blank, code_only(text), flags=re.M)
    pieces, depth, start, body_start = [], 0, 0, 0
    for i, c in enumerate(code):
        if c == '{':
            if depth == 0:
                body_start = i
            depth += 1
        elif c == '}':
            depth -= 1
            head = code[start:body_start]
            is_function = re.search(r'\)\s*$', head) and '=' not in head
            if depth == 0 and is_function:
                line = code.count('\n', 0, start + len(head) - len(head.lstrip())) + 1
                pieces.append((line, head, 'body', code.count('\n', body_start, i) + 1))
                start = i + 1
        elif c == ';' and depth == 0:
            head = re.sub(r'\{.*\}', '{}', code[start:i], flags=re.S)
            lead = len(head) - len(head.lstrip())
            pieces.append((code.count('\n', 0, start + lead) + 1, head, ';', 0))
            start = i + 1
    return pieces


def strip_attributes(head):
    head = re.sub(r'__attribute__\s*\(\(.*?\)\)', ' ', head, flags=re.S)
    head = re.sub(r'\bNG_PRINTF\([^)]*\)|\bNG_MUST_USE\b|\b_Noreturn\b', ' ', head)
    return head.strip()


def function_name(head):
    """The name a prototype or a definition's head declares, or None (a variable, a type)."""
    head = strip_attributes(head)
    if head.startswith('typedef') or '=' in head:
        return None
    match = re.match(r'[^(]*?\b(\w+)\s*\(', head)
    if not match or match.group(1) in ('struct', 'enum', 'union', '_Static_assert', 'static_assert'):
        return None
    return match.group(1)


def variable_name(head):
    """The name of a variable with external linkage, or None."""
    head = strip_attributes(head)
    if re.match(r'(static|typedef|extern|_Static_assert|static_assert)\b', head) or not head:
        return None
    head = head.split('=')[0]
    if '(' in head or re.fullmatch(r'(struct|enum|union)\s+\w+\s*(\{\})?\s*', head):
        return None
    match = re.search(r'(\w+)\s*(\[[^\]]*\]\s*)*$', head)
    return match.group(1) if match else None


class File:
    def __init__(self, root, path):
        self.path = path
        self.folder, self.name = os.path.split(path)
        self.stem, self.ext = os.path.splitext(self.name)
        with open(os.path.join(root, path), encoding='utf-8', errors='surrogateescape') as f:
            self.text = f.read()
        self.is_c = self.ext in ('.c', '.h')
        self.code = code_only(self.text) if self.is_c else ''
        self.layer = LAYERS.get(self.folder)

    def lines(self):
        return enumerate(self.text.split('\n'), 1)

    def includes(self):
        for number, line in self.lines():
            match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            if match:
                yield number, match.group(1)


def is_text(path):
    folder, name = os.path.split(path)
    ending = os.path.splitext(name)[1]
    return ending in TEXT or (ending == '' and folder in TEXT_WITHOUT_ENDING)


class Tree:
    def __init__(self, root):
        self.root = root
        paths = [n for n in sorted(os.listdir(root)) if os.path.isfile(os.path.join(root, n))]
        for top in FOLDERS:
            for folder, folders, names in os.walk(os.path.join(root, top)):
                folders[:] = [d for d in folders if d not in ('__pycache__', 'node_modules')]
                paths += [os.path.relpath(os.path.join(folder, n), root) for n in sorted(names)]
        self.files = [File(root, p) for p in paths if is_text(p)]
        self.c = [f for f in self.files if f.is_c and f.layer]

    def folder(self, folder):
        return [f for f in self.c if f.folder == folder]


def matches(patterns, path):
    return any(re.fullmatch(p, path) for p in patterns)


# ---- the rules ----------------------------------------------------------------------------------

def rule_layers(tree):
    """An include goes only downward; programs never include each other."""
    by_name = {name: (folder, level) for folder, (name, level) in LAYERS.items()}
    for f in tree.c:
        for line, target in f.includes():
            top = target.split('/')[0]
            if '..' in target.split('/') or top in ('lib', 'tests'):
                yield f.path, line, f'include "{target}" by its layer, as "base/buf.h"'
            elif top in by_name and '/' in target:
                folder, level = by_name[top]
                if folder != f.folder and level >= f.layer[1]:
                    yield f.path, line, f'{f.folder} may not include {folder} ("{target}")'


def rule_owners(tree):
    """Each outside library is included by its owner alone."""
    for f in tree.c:
        for line, target in f.includes():
            for pattern, owners in OWNERS:
                if re.fullmatch(pattern, os.path.basename(target)) or re.fullmatch(pattern, target):
                    if f.folder not in owners:
                        yield f.path, line, f'only {", ".join(owners)} may include <{target}>'


def rule_pure(tree):
    """Pure cores see no socket, store, clock, file or environment."""
    for f in tree.c:
        if not matches(PURE, f.path):
            continue
        for line, target in f.includes():
            if IMPURE_HEADERS.fullmatch(target):
                yield f.path, line, f'a pure core may not include {target}'
        for match in IMPURE_CALLS.finditer(f.code):
            yield f.path, f.code.count('\n', 0, match.start()) + 1, \
                f'a pure core may not call {match.group(1)}'


def begins_with(name, stem):
    stem = stem.replace('-', '_')
    return name == stem or name.startswith(stem + '_')


def declared(folder_headers):
    names = set()
    for h in folder_headers:
        for _, head, _, _ in top_level(h.text):
            name = function_name(head)
            if name:
                names.add(name)
    return names


def rule_names(tree):
    """What x.c defines for others begins with x.

    A family of files x_y.c may also use its family's name x_… for what a header of the family (x.h,
    x_z.h) declares. So a name leads to its file or to its family.
    """
    for f in tree.c:
        for line, head, end, _ in top_level(f.text):
            name = function_name(head)
            if f.ext == '.h':
                if name and not begins_with(name, f.stem.split('_')[0]):
                    yield f.path, line, f'{name}() does not begin with {f.stem}_'
                continue
            if head.strip().startswith('static') or (name and end == ';'):
                continue
            name = name or (variable_name(head) if end == ';' else None)
            if not name or (name == 'main' and f.stem == 'main' and f.folder in PROGRAMS):
                continue
            family = f.stem.split('_')[0]
            headers = [h for h in tree.folder(f.folder)
                       if h.ext == '.h' and h.stem.split('_')[0] == family]
            in_family = begins_with(name, family) and name in declared(headers)
            if not begins_with(name, f.stem) and not in_family:
                yield f.path, line, f'{name} is external and does not begin with {f.stem}_'


def rule_prototypes(tree):
    """What a header declares is defined in its folder, and what is external is declared there."""
    for folder in LAYERS:
        files = tree.folder(folder)
        headers = [f for f in files if f.ext == '.h']
        promised = declared(headers)
        defined = set()
        for f in files:
            for line, head, end, _ in top_level(f.text):
                name = function_name(head)
                if not name or end != 'body':
                    continue
                defined.add(name)
                external = f.ext == '.c' and not head.strip().startswith('static')
                if external and name != 'main' and name not in promised:
                    yield f.path, line, f'{name}() has no prototype in a header of {folder}'
        for h in headers:
            for line, head, end, _ in top_level(h.text):
                name = function_name(head)
                if name and end == ';' and name not in defined:
                    yield h.path, line, f'{name}() is declared and nowhere defined'


# They return the error they are given: nothing is lost by not looking.
MAY_BE_IGNORED = {'err_set', 'err_set_errno', 'err_wrap', 'err_plain', 'cli_quiet'}


def rule_must_use(tree):
    """A header's function that returns enum ng_err is NG_MUST_USE."""
    for f in tree.c:
        if f.ext != '.h':
            continue
        for line, head, end, _ in top_level(f.text):
            name = function_name(head)
            if name and re.match(r'(static inline )?enum ng_err\s+\w+\(', head.strip()) \
                    and 'NG_MUST_USE' not in head and name not in MAY_BE_IGNORED:
                yield f.path, line, f'{name}() is not NG_MUST_USE'


def rule_banned(tree):
    """Calls that are never right here."""
    for f in tree.c:
        for match in re.finditer(r'(?<![\w.>])(\w+)\s*\(', f.code):
            folders, instead = BANNED.get(match.group(1), ((), ''))
            if f.folder in folders:
                line = f.code.count('\n', 0, match.start()) + 1
                yield f.path, line, f'{match.group(1)}() is banned; use {instead}'


def rule_floats(tree):
    """No floats near scores."""
    for f in tree.c:
        if matches(NO_FLOATS, f.path):
            for match in re.finditer(r'\b(float|double)\b', f.code):
                yield f.path, f.code.count('\n', 0, match.start()) + 1, 'no floats near scores'


def rule_text(tree):
    """No debt, no tabs, no trailing blanks, no path of somebody's machine, valid UTF-8, a last newline."""
    for f in tree.files:
        if f.text and not f.text.endswith('\n'):
            yield f.path, f.text.count('\n') + 1, 'the last line has no end'
        for number, line in f.lines():
            if DEBT.search(line):
                yield f.path, number, 'debt: do it or file it'
            if '\t' in line:
                yield f.path, number, 'a tab'
            if line != line.rstrip() and f.ext != '.po':
                yield f.path, number, 'blanks at the end of the line'
            if MACHINE_PATH.search(line):
                yield f.path, number, 'a path of one machine'
            if any('\udc80' <= c <= '\udcff' for c in line):
                yield f.path, number, 'not UTF-8'


def is_sentence(literals):
    """Whether C string literals hold two words in a row, conversions and options left out."""
    text = ''.join(re.findall(r'"((?:\\.|[^"\\])*)"', literals))
    text = re.sub(r'%[-+ #0]*[\d*]*(?:\.[\d*]+)?(?:hh|h|ll|l|z|j|t)?[a-zA-Z%]', '%', text)
    text = re.sub(r'--\w+', '', text)
    return bool(re.search(r'[A-Za-z]{2,}[\'",;:]* [A-Za-z]+|% [a-z]{2,}|[a-z]{2,} %', text))


def rule_translated(tree):
    """Sentences of errors can be translated: err_set(code, _("…"))."""
    for f in tree.c:
        if f.ext != '.c' or f.folder in WIRE_WORDS:
            continue
        for match in ERROR_CALLS.finditer(f.text):
            in_code = f.code[match.start()] != ' '
            if in_code and match.group(2) not in NOT_SENTENCES and is_sentence(match.group(3)):
                yield f.path, f.text.count('\n', 0, match.start()) + 1, \
                    f'{match.group(1)}() with a sentence that is not in _()'


def table_body(code, start):
    """Where the initializer that begins behind code[start] ends."""
    depth = 1
    for i in range(start, len(code)):
        depth += {'{': 1, '}': -1}.get(code[i], 0)
        if depth == 0:
            return i
    return len(code)


def rule_marked(tree):
    """Sentences that may reach an error through a variable or a table are in _() or N_()."""
    for f in tree.c:
        if f.ext != '.c' or not f.layer or matches(NOT_FOR_PEOPLE, f.path):
            continue
        text = without_comments(f.text)
        found = [m.start(1) for m in SENTENCE_PLACES.finditer(text) if is_sentence(m.group(1))]
        for table in TABLES.finditer(f.code):
            end = table_body(f.code, table.end())
            found += [m.start(2) for m in TABLE_TEXTS.finditer(text, table.end(), end)
                      if not m.group(1) and is_sentence(m.group(2))]
        for at in sorted(set(found)):
            yield f.path, f.text.count('\n', 0, at) + 1, 'a sentence that is not in _() or N_()'


def rule_guards(tree):
    """A guard NGANAM_…_STEM_H around every header, each its own."""
    seen = {}
    for f in tree.c:
        if f.ext != '.h':
            continue
        match = re.search(r'#ifndef (\w+)\n#define (\w+)\n', f.text)
        guard = match.group(1) if match and match.group(1) == match.group(2) else 'missing'
        if not re.fullmatch(rf'NGANAM_[A-Z_]+_{f.stem.upper()}_H', guard):
            yield f.path, 1, f'the include guard is {guard}'
        elif guard in seen:
            yield f.path, 1, f'the include guard is that of {seen[guard]}'
        seen[guard] = f.path


def rule_functions(tree):
    """No function is longer than a long screen."""
    for f in tree.c:
        for line, head, end, lines in top_level(f.text):
            if end == 'body' and lines > FUNCTION_LINES_MAX:
                yield f.path, line, \
                    f'{function_name(head)}() has {lines} lines; {FUNCTION_LINES_MAX} are allowed'


def rule_built(tree):
    """Every .c file is named in its folder's CMakeLists.txt (tests may go by a list of stems)."""
    lists = {f.folder: f.text for f in tree.files if f.name == 'CMakeLists.txt'}
    for f in tree.files:
        if f.ext != '.c' or not (f.layer or f.folder.startswith('tests/')):
            continue
        text = lists.get(f.folder, '')
        test_stem = re.sub('^(test|fuzz)_', '', f.stem)
        listed = re.search(rf'(?<![\w-]){re.escape(f.name)}(?![\w-])', text) or \
            (f.folder.startswith('tests/') and '${' in text
             and re.search(rf'(?<![\w-]){re.escape(test_stem)}(?![\w-])', text))
        if not listed:
            yield f.path, 1, 'is not in its CMakeLists.txt'


RULES = [rule_layers, rule_owners, rule_pure, rule_names, rule_prototypes, rule_must_use, rule_banned,
         rule_floats, rule_text, rule_translated, rule_marked, rule_guards, rule_functions, rule_built]


def headers_alone(tree, cc, includes):
    """A header compiles alone, twice over, with our warnings."""
    flags = ['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Wpedantic', '-Wstrict-prototypes',
             '-Wmissing-prototypes', '-Wundef', '-Werror', '-fsyntax-only', '-x', 'c']
    roots = [os.path.join(tree.root, 'lib'), tree.root] + includes

    def compile_one(f):
        path = os.path.join(tree.root, f.path)
        source = f'#include "{path}"\n#include "{path}"\nint unused_by_all;\n'
        command = [cc] + flags + ['-I' + r for r in roots] + ['-']
        run = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
        first = next((x for x in run.stderr.split('\n') if 'error' in x), run.stderr.strip())
        return f, run.returncode, first

    headers = [f for f in tree.c if f.ext == '.h']
    with ThreadPoolExecutor(2) as pool:
        for f, status, first in pool.map(compile_one, headers):
            if status != 0:
                yield f.path, 1, f'does not compile alone: {first}'


def warn_sizes(tree):
    for f in tree.c:
        lines = f.text.count('\n')
        if f.ext == '.c' and lines > FILE_LINES_WARN:
            print(f'warning: {f.path}: {lines} lines; consider splitting it by noun')


def check(root, cc=None, includes=()):
    """All faults of a tree, as text."""
    tree = Tree(root)
    faults = [(rule.__name__, *fault) for rule in RULES for fault in rule(tree)]
    if cc:
        faults += [('headers_alone', *fault) for fault in headers_alone(tree, cc, list(includes))]
    return tree, [f'{path}:{line}: {what} [{rule}]' for rule, path, line, what in faults]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--root')
    parser.add_argument('--cc')
    parser.add_argument('--include', action='append', default=[])
    parser.add_argument('--selftest', action='store_true')
    args = parser.parse_args()
    if args.selftest:
        import selftest  # beside this file
        with tempfile.TemporaryDirectory() as folder:
            return selftest.run(folder, args.cc or 'cc')
    tree, faults = check(args.root or '.', args.cc, args.include)
    warn_sizes(tree)
    for fault in faults:
        print(fault)
    print(f'{len(tree.files)} files, {len(faults)} faults')
    return 1 if faults or not tree.c else 0


if __name__ == '__main__':
    sys.exit(main())
