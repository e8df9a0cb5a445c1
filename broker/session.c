/* A map from peer to session, one from user to its sessions, and two lists through the sessions:
 * by age of the last word, so that the oldest can be forgotten in O(1), and of those with a parked
 * Fetch, so that a commit looks at no others. The map is balanced: peers choose their names, so a
 * hash could be made slow. */
#include "broker/session.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/lang.h"

#include <stdlib.h>
#include <string.h>

enum ng_err session_table_init(struct session_table *t, size_t count_max)
{
    CHECK(count_max > 0);
    *t = (struct session_table){
        .by_peer = omap_new(), .by_user = omap_new(), .count_max = count_max};
    return t->by_peer != NULL && t->by_user != NULL ? NG_OK
                                                    : err_set(NG_ERR_NOMEM, "session table");
}

void session_table_fini(struct session_table *t)
{
    t->ended = NULL; /* there is no transport any more */
    while (t->newest != NULL) {
        /* session_end takes it off the list; the analyzer does not follow the link's address. */
        session_end(t, t->newest); /* NOLINT(clang-analyzer-unix.Malloc) */
    }
    omap_destroy(&t->by_peer);
    omap_destroy(&t->by_user);
}

size_t session_count(const struct session_table *t)
{
    return omap_count(t->by_peer);
}

static struct bytes key_of(const struct session_peer *peer)
{
    return (struct bytes){peer->id, peer->size};
}

static struct session *session_at(struct bytes value)
{
    struct session *s = NULL;
    CHECK(value.size == sizeof(struct session *));
    memcpy(&s, value.data, sizeof(s));
    return s;
}

static struct session *look_up(const struct session_table *t, const struct session_peer *peer)
{
    struct bytes value;
    return omap_get(t->by_peer, key_of(peer), &value) ? session_at(value) : NULL;
}

/* ---- By user ---- */

#define USER_KEY_SIZE (SESSION_USER_MAX + 8)

static struct bytes user_key(const char *user, uint64_t number, uint8_t ret[USER_KEY_SIZE])
{
    memset(ret, 0, SESSION_USER_MAX);
    memcpy(ret, user, strlen(user));
    bytes_put_u64(ret + SESSION_USER_MAX, number);
    return (struct bytes){ret, USER_KEY_SIZE};
}

static void finish(struct session_table *t, struct session *s, bool crowded_out);

/* When the user has as many as he may, his silent one goes. */
static void make_room(struct session_table *t, const char *user)
{
    uint8_t from[USER_KEY_SIZE], end[USER_KEY_SIZE];
    struct bytes key, value;
    const size_t first = omap_position(t->by_user, user_key(user, 0, from));
    const size_t beyond = omap_position(t->by_user, user_key(user, UINT64_MAX, end));
    struct session *silent = NULL;
    for (size_t i = first; i < beyond && omap_at(t->by_user, i, &key, &value); i++) {
        struct session *s = session_at(value);
        silent = silent == NULL || s->heard < silent->heard ? s : silent;
    }
    if (beyond - first >= SESSION_USER_COUNT_MAX) {
        t->crowded_out++;
        finish(t, silent, true);
    }
}

/* ---- By age ---- */

static void leave_line(struct session_table *t, struct session *s)
{
    *(s->newer != NULL ? &s->newer->older : &t->newest) = s->older;
    *(s->older != NULL ? &s->older->newer : &t->oldest) = s->newer;
    s->newer = NULL;
    s->older = NULL;
}

static void join_newest(struct session_table *t, struct session *s)
{
    s->older = t->newest;
    *(t->newest != NULL ? &t->newest->newer : &t->oldest) = s;
    t->newest = s;
    s->heard = ++t->words;
}

/* ---- Who it is ---- */

/* "+CODE": an invite for CODE. "CODE/EPOCH": the key of that epoch. */
static enum ng_err read_user(const char *user, struct session *s)
{
    s->invited = user[0] == '+';
    const char *code = user + s->invited;
    const char *slash = s->invited ? code + strlen(code) : strchr(code, '/');
    size_t size = slash != NULL ? (size_t)(slash - code) : SIZE_MAX;
    if (size > PARTY_CODE_MAX || strlen(user) > SESSION_USER_MAX) {
        return err_set(NG_ERR_INPUT, _("the connection's user name \"%.40s\" is malformed"), user);
    }
    memcpy(s->party.text, code, size);
    s->party.text[size] = '\0';
    memcpy(s->user, user, strlen(user) + 1);
    if (!s->invited) {
        char *end = NULL;
        unsigned long epoch = strtoul(slash + 1, &end, 10);
        if (*end != '\0' || epoch == 0 || epoch > UINT32_MAX) {
            return err_set(NG_ERR_INPUT, _("the connection's user name \"%.40s\" is malformed"),
                           user);
        }
        s->epoch = (uint32_t)epoch;
    }
    return statement_code_valid(s->party.text)
               ? NG_OK
               : err_set(NG_ERR_INPUT, _("the connection's user name \"%.40s\" is malformed"),
                         user);
}

/* Into both maps or none. */
static enum ng_err add(struct session_table *t, struct session *s)
{
    const struct bytes value = {(const uint8_t *)&s, sizeof(struct session *)};
    uint8_t key[USER_KEY_SIZE];
    enum ng_err err = omap_put(t->by_user, user_key(s->user, s->number, key), value);
    if (err == NG_OK) {
        err = omap_put(t->by_peer, key_of(&s->peer), value);
        if (err != NG_OK) {
            (void)omap_remove(t->by_user, user_key(s->user, s->number, key));
        }
    }
    return err;
}

enum ng_err session_begin(struct session_table *t, const struct session_peer *peer,
                          const char *user, struct session **ret)
{
    struct session *s = session_find(t, peer, user);
    if (s != NULL) {
        *ret = s;
        return NG_OK;
    }
    session_forget(t, peer);
    s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return err_set(NG_ERR_NOMEM, "session");
    }
    s->peer = *peer;
    enum ng_err err = read_user(user, s);
    if (err == NG_OK) {
        make_room(t, s->user);
        if (session_count(t) == t->count_max) {
            finish(t, t->oldest, true);
        }
        s->number = ++t->numbers;
        err = add(t, s);
    }
    if (err != NG_OK) {
        free(s);
        return err;
    }
    join_newest(t, s);
    *ret = s;
    return NG_OK;
}

struct session *session_find(struct session_table *t, const struct session_peer *peer,
                             const char *user)
{
    struct session *s = look_up(t, peer);
    if (s != NULL && strcmp(s->user, user) != 0) {
        return NULL; /* the name is somebody else's by now; his session is none of this user's */
    }
    if (s != NULL) {
        leave_line(t, s);
        join_newest(t, s);
    }
    return s;
}

static void finish(struct session_table *t, struct session *s, bool crowded_out)
{
    if (t->ended != NULL) {
        t->ended(t->context, &s->peer, crowded_out);
    }
    session_unpark(t, s);
    leave_line(t, s);
    uint8_t key[USER_KEY_SIZE];
    CHECK(omap_remove(t->by_peer, key_of(&s->peer)));
    CHECK(omap_remove(t->by_user, user_key(s->user, s->number, key)));
    free(s);
}

void session_end(struct session_table *t, struct session *s)
{
    finish(t, s, false);
}

void session_forget(struct session_table *t, const struct session_peer *peer)
{
    struct session *s = look_up(t, peer);
    if (s != NULL) {
        session_end(t, s);
    }
}

/* ---- Parked ---- */

void session_park(struct session_table *t, struct session *s, const struct session_parked *parked)
{
    s->parked = *parked;
    if (s->is_parked) {
        return;
    }
    s->is_parked = true;
    s->parked_prev = NULL;
    s->parked_next = t->first_parked;
    if (t->first_parked != NULL) {
        t->first_parked->parked_prev = s;
    }
    t->first_parked = s;
    t->parked_count++;
}

void session_unpark(struct session_table *t, struct session *s)
{
    if (!s->is_parked) {
        return;
    }
    *(s->parked_prev != NULL ? &s->parked_prev->parked_next : &t->first_parked) = s->parked_next;
    if (s->parked_next != NULL) {
        s->parked_next->parked_prev = s->parked_prev;
    }
    s->parked_next = NULL;
    s->parked_prev = NULL;
    s->is_parked = false;
    t->parked_count--;
}
