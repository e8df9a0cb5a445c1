/* The newest entry of each party is found by reading the log backwards until every party has been
 * met, so that the fold need not note it with each message. */
#include "office-service/show_keys.h"

#include "base/lang.h"
#include "office-service/say.h"

#include <stdlib.h>
#include <string.h>

struct party_line {
    struct registry_party p;
    bool met;
    uint64_t index;       /* of its newest entry */
    uint64_t received_at; /* of that */
};

struct party_list {
    struct party_line *lines; /* by code */
    size_t count, room;
};

/* ---- Names ---- */

const char *show_keys_role(enum wire_role role)
{
    static const char *const names[] = {"unknown", "office", "ward", "department", "auditor"};
    return names[role];
}

const char *show_keys_actor_role(enum wire_actor_role role)
{
    return role == WIRE_ACTOR_ADMIN ? "admin" : "appraiser";
}

const char *show_keys_policy(enum wire_enrolment policy)
{
    static const char *const names[] = {"", "code", "confirm", "two-person"};
    return names[policy];
}

const char *show_keys_state(const struct registry_party *p)
{
    return p->epoch == 0    ? "open"
           : p->revoked     ? "revoked"
           : p->frozen      ? "frozen"
           : p->unconfirmed ? "unconfirmed"
                            : "active";
}

static const char *role_text(enum wire_role role)
{
    static const char *const texts[] = {"", N_("the office"), N_("ward or commune"),
                                        N_("department"), N_("auditor")};
    return role == WIRE_ROLE_NONE ? "" : _(texts[role]);
}

static const char *state_text(const struct registry_party *p)
{
    return p->epoch == 0    ? _("open: has not enrolled")
           : p->revoked     ? _("revoked")
           : p->frozen      ? _("frozen")
           : p->unconfirmed ? _("not confirmed")
                            : _("active");
}

/* ---- Gathering ---- */

static enum ng_err add_line(struct party_list *l, const struct registry_party *p)
{
    if (l->count == l->room) {
        const size_t room = 2 * l->room + 16;
        struct party_line *more = realloc(l->lines, room * sizeof *more);
        if (!more) {
            return err_plain(NG_ERR_NOMEM);
        }
        l->lines = more;
        l->room = room;
    }
    l->lines[l->count++] = (struct party_line){.p = *p};
    return NG_OK;
}

static int by_code(const void *code, const void *line)
{
    return strcmp(code, ((const struct party_line *)line)->p.code.text);
}

static enum ng_err find_newest(const struct mirror_view *v, struct party_list *l)
{
    size_t missing = 0;
    for (size_t i = 0; i < l->count; i++) {
        missing += l->lines[i].p.epoch != 0;
    }
    for (uint64_t index = v->edge.size; index-- > 0 && missing > 0;) {
        struct bytes bytes;
        struct hash hash;
        struct leaf leaf;
        struct statement s;
        const enum ng_err err = mirror_view_leaf(v, index, &bytes, &hash);
        if (err) {
            return err;
        }
        if (leaf_decode(bytes, &leaf) || statement_decode(leaf.statement, &s)) {
            continue;
        }
        struct party_line *line =
            bsearch(s.author.text, l->lines, l->count, sizeof *l->lines, by_code);
        if (line && !line->met) {
            line->met = true;
            line->index = index;
            line->received_at = leaf.received_at;
            missing--;
        }
    }
    return NG_OK;
}

static enum ng_err gather(const struct mirror_view *v, struct party_list *l)
{
    struct keys_walk w;
    struct registry_party p;
    enum ng_err err;
    keys_walk_parties(&w, mirror_view_state(v));
    while ((err = keys_walk_next_party(&w, &p)) == NG_OK) {
        err = add_line(l, &p);
        if (err) {
            return err;
        }
    }
    return err == NG_ERR_NOT_FOUND ? find_newest(v, l) : err;
}

/* ---- Parties ---- */

/* Its digits are not shown here: who could copy them would ask nobody. */
static bool waits(const struct registry_party *p)
{
    return p->unconfirmed && !p->revoked && p->epoch > 0;
}

static json_t *party_json(const struct party_line *l)
{
    return json_pack("{s:s, s:s, s:i, s:s, s:o, s:o}", "party", l->p.code.text, "role",
                     show_keys_role(l->p.role), "epoch", (int)l->p.epoch, "state",
                     show_keys_state(&l->p), "last_index",
                     l->met ? json_integer((json_int_t)l->index) : json_null(), "last_received_at",
                     say_json_moment(l->received_at));
}

static enum ng_err parties_json(const struct party_list *l, enum wire_enrolment policy)
{
    json_t *array = json_array();
    int failed = array == NULL;
    for (size_t i = 0; i < l->count && !failed; i++) {
        failed = json_array_append_new(array, party_json(&l->lines[i]));
    }
    if (failed) {
        json_decref(array);
        return err_plain(NG_ERR_NOMEM);
    }
    return say_json(json_pack("{s:i, s:s, s:o}", "schema", 1, "enrolment", show_keys_policy(policy),
                              "parties", array));
}

static void parties_text(const struct party_list *l)
{
    say_padded(stdout, _("Party"), 18, false);
    say_padded(stdout, _("Role"), 18, false);
    say_padded(stdout, _("Epoch"), 8, true);
    (void)printf("  ");
    say_padded(stdout, _("Last entry"), 18, false);
    (void)printf("%s\n", _("State"));
    for (size_t i = 0; i < l->count; i++) {
        const struct party_line *line = &l->lines[i];
        say_padded(stdout, line->p.code.text, 18, false);
        say_padded(stdout, role_text(line->p.role), 18, false);
        say_padded(stdout, say_number(line->p.epoch), 8, true);
        (void)printf("  ");
        say_padded(stdout, line->met ? say_moment((int64_t)line->received_at) : "-", 18, false);
        (void)printf("%s\n", state_text(&line->p));
        if (waits(&line->p)) {
            (void)printf(_("    ask for the 20 digits on its machine: nganam-office confirm %s "
                           "--digits …\n"),
                         line->p.code.text);
        }
    }
}

enum ng_err show_keys_parties(const struct mirror_view *v, bool json)
{
    struct party_list l = {.count = 0};
    struct registry_policy policy;
    enum ng_err err = keys_policy(mirror_view_state(v), &policy);
    if (!err) {
        err = gather(v, &l);
    }
    if (!err && json) {
        err = parties_json(&l, policy.enrolment);
    } else if (!err) {
        parties_text(&l);
    }
    free(l.lines);
    return err;
}

/* ---- Persons ---- */

static const char *word_name(enum registry_word word)
{
    return word == REGISTRY_WORD_ADMINS     ? "admins"
           : word == REGISTRY_WORD_OPERATOR ? "operator"
                                            : "office";
}

static void print_word(const struct registry_actor *a)
{
    (void)printf(a->word == REGISTRY_WORD_ADMINS ? _(", since entry %llu, signed by admins\n")
                 : a->word == REGISTRY_WORD_OPERATOR
                     ? _(", since entry %llu, by the people who run the broker\n")
                     : _(", since entry %llu, by the office at set-up\n"),
                 (unsigned long long)a->index);
}

enum ng_err show_keys_actors(const struct kv *kv, bool json)
{
    struct keys_walk w;
    struct registry_actor a;
    json_t *array = json_array();
    enum ng_err err = array ? NG_OK : err_plain(NG_ERR_NOMEM);
    keys_walk_actors(&w, kv);
    while (!err && (err = keys_walk_next_actor(&w, &a)) == NG_OK) {
        json_t *item =
            json_pack("{s:s, s:s, s:b, s:I, s:s}", "id", a.id, "role", show_keys_actor_role(a.role),
                      "ended", a.ended, "index", (json_int_t)a.index, "word", word_name(a.word));
        err = json_array_append_new(array, item) ? err_plain(NG_ERR_NOMEM) : NG_OK;
        if (!err && !json) {
            say_padded(stdout, a.id, WIRE_ACTOR_ID_MAX + 2, false);
            (void)printf("%s%s", a.role == WIRE_ACTOR_ADMIN ? _("admin") : _("appraiser"),
                         a.ended ? _(", ended") : "");
            print_word(&a);
        }
    }
    if (err == NG_ERR_NOT_FOUND && json) {
        return say_json(json_pack("{s:i, s:o}", "schema", 1, "actors", array));
    }
    if (err == NG_ERR_NOT_FOUND && json_array_size(array) == 0) {
        (void)printf(_("Nobody is named yet: nganam-office actor add.\n"));
    }
    json_decref(array);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}
