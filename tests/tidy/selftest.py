"""Shows each rule of tidy.py to fail: a good small tree, then one bad change at a time."""
import os
import re
import shutil

import tidy

HEADER = '''#ifndef NGANAM_{guard}_H
#define NGANAM_{guard}_H

{body}
#endif
'''

GOOD = {
    'CMakeLists.txt': 'add_subdirectory(lib/base)\n',
    'lib/base/CMakeLists.txt': 'nganam_library(base SOURCES buf.c err.c)\n',
    'lib/base/err.h': HEADER.format(guard='BASE_ERR', body='''#define NG_MUST_USE
enum ng_err { NG_OK };
enum ng_err err_set(enum ng_err err, const char *format, ...);
'''),
    'lib/base/err.c': '#include "base/err.h"\n\nenum ng_err err_set(enum ng_err err, '
                      'const char *format, ...)\n{\n    (void)format;\n    return err;\n}\n',
    'lib/base/buf.h': HEADER.format(guard='BASE_BUF', body='''#include "base/err.h"

/* A comment may say strcpy() and double and printf(). */
struct buf {
    int size;
};
enum ng_err buf_add(struct buf *b) NG_MUST_USE;
'''),
    'lib/base/buf.c': '''#include "base/buf.h"

static const char *const words[] = {"strcpy(", "double", "a\\"b"}; /* = "is no text" */
static const char *const said[] = {N_("two words"), "one"};

/* err_set(NG_ERR_INPUT, "in a comment this is no call") */
static int helper(void)
{
    err_set(NG_ERR_INPUT, _("a sentence that can be translated"));
    err_set(NG_ERR_NOMEM, "own statements");
    err_set(NG_ERR_PROTO, "answer without a code");
    err_set(NG_ERR_INPUT, "--file %.*s: %s/wake", 1, "some words here", "x");
    return words[0][0];
}

enum ng_err buf_add(struct buf *b)
{
    b->size = helper();
    return NG_OK;
}
''',
    'lib/store/CMakeLists.txt': 'nganam_library(store SOURCES store.c store_cursor.c)\n',
    'lib/store/store.h': HEADER.format(guard='STORE_STORE', body='''#include "base/err.h"

enum ng_err store_open(void) NG_MUST_USE;
enum ng_err store_next(void) NG_MUST_USE;
'''),
    'lib/store/store.c': '#include "store/store.h"\n\n#include <lmdb.h>\n\n'
                         'enum ng_err store_open(void)\n{\n    return NG_OK;\n}\n',
    'lib/store/store_cursor.c': '#include "store/store.h"\n\n'
                                'enum ng_err store_next(void)\n{\n    return NG_OK;\n}\n',
    'lib/ledger/CMakeLists.txt': 'nganam_library(ledger SOURCES tree.c)\n',
    'lib/ledger/tree.h': HEADER.format(guard='LEDGER_TREE', body='int tree_size(void);\n'),
    'lib/ledger/tree.c': '#include "ledger/tree.h"\n\n#include <stdio.h>\n\nint tree_size(void)\n{\n'
                         '    char text[9];\n    return snprintf(text, sizeof(text), "%d", 1);\n}\n',
    'lib/par/CMakeLists.txt': 'nganam_library(par SOURCES score.c)\n',
    'lib/par/score.h': HEADER.format(guard='PAR_SCORE', body='int score_sum(int a, int b);\n'),
    'lib/par/score.c': '#include "par/score.h"\n\nint score_sum(int a, int b)\n{\n'
                       '    return a + b;\n}\n',
    'broker/CMakeLists.txt': 'nganam_program(nganam-broker SOURCES main.c)\n',
    'broker/main.c': '#include "ledger/tree.h"\n\nint main(void)\n{\n    return tree_size();\n}\n',
    'ward-agent/CMakeLists.txt': 'nganam_program(nganam-agent SOURCES main.c desk.c)\n',
    'ward-agent/main.c': '#include "ward-agent/desk.h"\n\nint main(void)\n{\n    return desk_run();\n}\n',
    'ward-agent/desk.h': HEADER.format(guard='WARD_AGENT_DESK', body='int desk_run(void);\n'),
    'ward-agent/desk.c': '#include "ward-agent/desk.h"\n\nint desk_run(void)\n{\n    return 0;\n}\n',
    'tests/base/CMakeLists.txt': 'foreach(m IN ITEMS buf)\n    nganam_test(test_${m})\nendforeach()\n',
    'tests/base/test_buf.c': '#include <zmq.h>\n\nint main(void)\n{\n    return 0;\n}\n',
}

LONG = '\nint buf_long(void)\n{\n' + '    (void)0;\n' * 80 + '    return 0;\n}\n'


def after(path, text):
    return path, GOOD.get(path, '') + text


def changed(path, old, new):
    assert old in GOOD[path], (path, old)
    return path, GOOD[path].replace(old, new, 1)


# What is done to the good tree, and the fault that must be found: (path, pattern).
BAD = [
    (after('lib/base/buf.c', '#include "store/store.h"\n'), 'lib/base may not include lib/store'),
    (after('lib/store/store.c', '#include "net/net.h"\n'), 'lib/store may not include lib/net'),
    (after('lib/par/score.c', '#include "ledger/tree.h"\n'), 'lib/par may not include lib/ledger'),
    (after('broker/main.c', '#include "ward-agent/desk.h"\n'), 'broker may not include ward-agent'),
    (after('lib/ledger/tree.c', '#include "broker/main.h"\n'), 'lib/ledger may not include broker'),
    (after('lib/base/buf.c', '#include "../base/err.h"\n'), 'by its layer'),
    (after('lib/base/buf.c', '#include "lib/base/err.h"\n'), 'by its layer'),
    (after('lib/ledger/tree.c', '#include <zmq.h>\n'), 'only lib/net may include'),
    (after('broker/main.c', '#include <lmdb.h>\n'), 'only lib/store may include'),
    (after('lib/par/score.c', '#include <openssl/evp.h>\n'), 'only lib/ledger may include'),
    (after('broker/main.c', '#include "proto/queue.pb-c.h"\n'), 'only proto may include'),
    (after('broker/main.c', '#include <protobuf-c/protobuf-c.h>\n'), 'only proto may include'),
    (after('broker/main.c', '#include <sodium.h>\n'), 'only lib/ledger, lib/party may include'),
    (after('lib/ledger/tree.c', '#include <utf8proc.h>\n'), 'only lib/par may include'),
    (after('lib/par/score.c', '#include <jansson.h>\n'), 'only lib/party, lib/audit, broker'),
    (after('lib/ledger/tree.c', '#include <time.h>\n'), 'pure core may not include time.h'),
    (after('lib/par/score.c', '#include "base/clock.h"\n'), 'pure core may not include base/clock'),
    (after('lib/ledger/tree.c', '#include "net/net.h"\n'), 'pure core may not include net/net.h'),
    (changed('lib/par/score.c', 'return a', 'printf("%d", a);\n    return a'), 'may not call printf'),
    (changed('lib/ledger/tree.c', 'return snp', 'return (int)time(0) + snp'), 'may not call time'),
    (after('lib/base/buf.c', '\nint other_name(void)\n{\n    return 0;\n}\n'), 'other_name is external'),
    (after('lib/base/buf.c', '\nint other_count = 3;\n'), 'other_count is external'),
    (after('lib/store/store_cursor.c', '\nint store_more(void)\n{\n    return 0;\n}\n'),
     'store_more is external'),
    (changed('lib/base/buf.h', 'enum ng_err buf', 'int wrong_name(void);\nenum ng_err buf'),
     r'wrong_name\(\) does not begin with buf_'),
    (after('broker/main.c', '\nint main_two(void)\n{\n    return 0;\n}\n'),
     r'main_two\(\) has no prototype'),
    (changed('lib/par/score.h', 'int score_sum', 'int score_gone(void);\nint score_sum'),
     r'score_gone\(\) is declared and nowhere defined'),
    (changed('lib/base/buf.h', ') NG_MUST_USE', ')'), r'buf_add\(\) is not NG_MUST_USE'),
    (changed('broker/main.c', 'return', 'system("x");\n    return'), r'system\(\) is banned'),
    (changed('lib/base/buf.c', 'b->size =', 'strcpy (0, 0);\n    b->size ='), r'strcpy\(\) is banned'),
    (changed('lib/par/score.c', 'return', 'strtod("1", 0);\n    return'), r'strtod\(\) is banned'),
    (changed('lib/base/buf.c', 'b->size =', 'b->size = rand() +'), r'rand\(\) is banned'),
    (changed('lib/par/score.c', 'return', 'double x = 0;\n    return'), 'no floats'),
    (after('lib/base/buf.c', '/* TO' + 'DO: later */\n'), 'debt'),
    (after('lib/base/buf.c', '\t/* here */\n'), 'a tab'),
    (after('lib/base/buf.c', '/* here */ \n'), 'blanks at the end'),
    (after('CMakeLists.txt', '# see /wo' + 'rk/main\n'), 'a path of one machine'),
    (after('CMakeLists.txt', '# no end'), 'has no end'),
    (changed('lib/par/score.h', '#define NGANAM_PAR_SCORE_H', '#define NGANAM_PAR_SCOER_H'), 'guard'),
    (changed('lib/par/score.h', 'int score', '#include "par/none.h"\nint score'), 'compile alone'),
    (changed('lib/base/buf.h', '#include "base/err.h"', ''), 'compile alone'),
    (changed('lib/base/buf.c', 'return NG_OK', 'return err_set(NG_ERR_INPUT, "no such file")'),
     r'err_set\(\) with a sentence'),
    (changed('lib/base/buf.c', 'return NG_OK', 'return err_wrap(e, "more than %zu\\n"\n   , 3)'),
     r'err_wrap\(\) with a sentence'),
    (changed('lib/base/buf.c', 'return NG_OK', 'return err_set_errno(errno, "sync"\n " to disk")'),
     r'err_set_errno\(\) with a sentence'),
    (changed('lib/base/buf.c', '"double"', '"no such file"'), 'that is not in _.. or N_'),
    (changed('lib/base/buf.c', 'return words[0][0]', 'return *(words[0] ? "no such" : "x y")'),
     'that is not in _.. or N_'),
    (changed('lib/base/buf.c', 'return words[0][0]', 'const char *why = "no such file";\n    return *why'),
     'that is not in _.. or N_'),
    (after('lib/base/buf.c', LONG), r'buf_long\(\) has 8\d lines'),
    (('lib/base/gone.c', '#include "base/err.h"\n'), 'not in its CMakeLists'),
    (('tests/base/test_gone.c', 'int main(void)\n{\n    return 0;\n}\n'), 'not in its CMakeLists'),
]


def build(folder, change=None):
    shutil.rmtree(folder, ignore_errors=True)
    files = dict(GOOD)
    if change:
        files[change[0]] = change[1]
    for path, text in files.items():
        os.makedirs(os.path.dirname(os.path.join(folder, path)) or '.', exist_ok=True)
        with open(os.path.join(folder, path), 'w', encoding='utf-8') as f:
            f.write(text)


def run(folder, cc):
    """0 if the good tree has no fault and each bad one has its own, in its own file."""
    root = os.path.join(folder, 'tree')
    build(root)
    _, faults = tidy.check(root, cc)
    wrong = ['the good tree: ' + fault for fault in faults]
    rules_seen = set()
    for (path, text), pattern in BAD:
        build(root, (path, text))
        _, faults = tidy.check(root, cc if 'compile' in pattern else None)
        found = [f for f in faults if f.startswith(path + ':') and re.search(pattern, f)]
        if not found:
            wrong.append(f'{path}: "{pattern}" was not found, only {faults}')
        rules_seen.update(re.search(r'\[(\w+)\]$', f).group(1) for f in found)
    wrong += [f'{rule.__name__} was never shown to fail' for rule in tidy.RULES
              if rule.__name__ not in rules_seen]
    for line in wrong:
        print(line)
    print(f'{len(BAD)} bad trees, {len(wrong)} wrong')
    return 1 if wrong else 0
