/* Goal: a connection that sends without end and never finishes a message is closed, and nobody else
 * is: not one whose messages come whole, not one that is silent, not a listening socket, not a
 * stranger that got a descriptor used before.
 * Method: plain TCP connections of this process to itself; the far ends are outside it, in a child,
 * so that the only connections seen here are the near ones. */
#include "harness.h"
#include "net/net_unfinished.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define LINES 3
#define PIECE 60000u
#define FRAME 42u /* of it is the frame around 59,958 bytes (ZMTP 3.1, CURVE) */
#define PIECES_MAX (NET_UNFINISHED_MAX / PIECE) /* just not too much */

static const struct mono NOON = {43200000};

static struct net_unfinished u;
static int listener = -1;
static int commands = -1; /* to the child: one byte a line that shall send a piece */
static pid_t child = -1;
static int lines[LINES] = {-1, -1, -1};

static _Noreturn void send_on_command(const struct sockaddr_in *to, int from)
{
    static const char piece[PIECE];
    int ends[LINES];
    bool good = true;
    uint8_t which = 0;
    for (size_t i = 0; i < LINES; i++) {
        ends[i] = socket(AF_INET, SOCK_STREAM, 0);
        good = good && connect(ends[i], (const struct sockaddr *)to, sizeof(*to)) == 0;
    }
    while (good && read(from, &which, 1) == 1 && which < LINES) {
        good = send(ends[which], piece, PIECE, MSG_NOSIGNAL) >= 0;
    }
    _exit(good ? 0 : 1);
}

static void begin(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof(at);
    int ends[2];
    net_unfinished_init(&u, NOON);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    CU_ASSERT_EQUAL_FATAL(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
    CU_ASSERT_EQUAL_FATAL(listen(listener, 4), 0);
    CU_ASSERT_EQUAL_FATAL(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        (void)close(ends[1]);
        send_on_command(&at, ends[0]);
    }
    (void)close(ends[0]);
    commands = ends[1];
    for (size_t i = 0; i < LINES; i++) {
        lines[i] = accept(listener, NULL, NULL);
        CU_ASSERT_FATAL(lines[i] >= 0);
        net_unfinished_greeted(&u, net_unfinished_line_of(lines[i]), true);
    }
}

static void end(void)
{
    (void)close(commands);
    for (size_t i = 0; i < LINES; i++) {
        (void)close(lines[i]);
    }
    (void)close(listener);
    (void)waitpid(child, NULL, 0);
    net_unfinished_fini(&u);
}

static struct net_unfinished_seen look(void)
{
    struct net_unfinished_seen seen = {99, 99, 99, 99};
    CU_ASSERT_EQUAL(net_unfinished_look(&u, u.looked, &seen), NG_OK);
    return seen;
}

/* A piece arrives over this line and is read, as the library would. */
static void piece(uint8_t line)
{
    char bytes[PIECE];
    CU_ASSERT_EQUAL_FATAL(write(commands, &line, 1), 1);
    CU_ASSERT_EQUAL_FATAL(recv(lines[line], bytes, PIECE, MSG_WAITALL), PIECE);
}

/* It was a message of one frame. */
static void heard(uint8_t line)
{
    net_unfinished_heard(&u, lines[line], 1, PIECE - FRAME);
}

static bool is_shut(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) != 0;
}

static void whoever_sends_without_end_is_closed_at_once_and_nobody_else(void)
{
    begin();
    CU_ASSERT_EQUAL(look().closed, 0);
    for (unsigned i = 0; i <= PIECES_MAX; i++) { /* the first sends whole messages */
        CU_ASSERT_FALSE(is_shut(lines[1]));
        piece(0);
        piece(1);
        heard(0);
        CU_ASSERT_EQUAL(look().closed, i == PIECES_MAX);
        CU_ASSERT_FALSE(is_shut(lines[0]));
    }
    CU_ASSERT_TRUE(is_shut(lines[1]));
    piece(0);
    heard(0);
    CU_ASSERT_EQUAL(look().closed, 0);
    end();
}

static void a_little_more_than_a_message_is_closed_after_a_while(void)
{
    begin();
    CU_ASSERT_EQUAL(look().suspects, 0);
    piece(0);
    piece(1);
    CU_ASSERT_EQUAL(look().suspects, 0); /* one frame may be on its way for ever */
    piece(0);
    piece(1);
    for (unsigned i = 1; i < NET_UNFINISHED_LOOKS; i++) {
        const struct net_unfinished_seen seen = look();
        CU_ASSERT_EQUAL(seen.closed, 0);
        CU_ASSERT_EQUAL(seen.suspects, i <= 10 ? 2 : 1);
        if (i == 10) {
            heard(0); /* they were whole, the loop was busy */
        }
    }
    CU_ASSERT_EQUAL(look().closed, 1);
    CU_ASSERT_FALSE(is_shut(lines[0]));
    CU_ASSERT_TRUE(is_shut(lines[1]));
    end();
}

static void what_came_between_two_looks_counts_from_the_first_byte(void)
{
    begin();
    for (unsigned i = 0; i < 100 * PIECES_MAX; i++) { /* in a long life, all of them whole */
        piece(0);
        heard(0);
    }
    for (unsigned i = 0; i < PIECES_MAX; i++) { /* and then silence */
        piece(1);
    }
    CU_ASSERT_EQUAL(look().suspects, 1);
    for (unsigned i = 2; i < NET_UNFINISHED_LOOKS; i++) {
        CU_ASSERT_EQUAL(look().suspects, 1);
    }
    CU_ASSERT_EQUAL(look().closed, 1);
    CU_ASSERT_TRUE(is_shut(lines[1]));
    CU_ASSERT_FALSE(is_shut(lines[0]));
    end();
}

static void a_whole_message_pays_for_itself_only(void)
{
    begin();
    piece(0);
    heard(0);
    for (unsigned i = 0; i <= PIECES_MAX; i++) {
        piece(0);
    }
    CU_ASSERT_EQUAL(look().closed, 1);
    end();
}

static void a_whole_message_settles_what_came_before_it(void)
{
    begin();
    for (unsigned i = 0; i < 2 * PIECES_MAX; i++) {
        piece(0); /* commands, however many */
        CU_ASSERT_EQUAL(look().closed, 0);
        piece(0);
        heard(0);
        CU_ASSERT_EQUAL(look().closed, 0);
    }
    end();
}

static void heartbeats_are_allowed_for_by_time(void)
{
    begin();
    CU_ASSERT_EQUAL(look().suspects, 0);
    for (unsigned i = 0; i < 2 * PIECES_MAX; i++) { /* an hour and five minutes for 60,000 bytes */
        struct net_unfinished_seen seen = {99, 99, 99, 99};
        piece(0);
        CU_ASSERT_EQUAL(net_unfinished_look(&u, clock_after(u.looked, 3900 * 1000), &seen), NG_OK);
        CU_ASSERT_EQUAL(seen.closed + seen.suspects, 0);
    }
    for (unsigned i = 0; i <= PIECES_MAX; i++) {
        piece(0);
    }
    CU_ASSERT_EQUAL(look().closed, 1);
    end();
}

static void a_descriptor_used_again_begins_anew(void)
{
    begin();
    CU_ASSERT_EQUAL(look().closed, 0);
    for (unsigned i = 0; i < PIECES_MAX; i++) {
        piece(0);
    }
    CU_ASSERT_EQUAL(look().suspects, 1);
    for (unsigned i = 0; i < PIECES_MAX; i++) {
        heard(0); /* taken before its end was seen: this pays for nobody else */
    }
    piece(2); /* another socket gets the number of the first */
    piece(2);
    CU_ASSERT_EQUAL(dup2(lines[2], lines[0]), lines[0]);
    (void)close(lines[2]);
    struct net_unfinished_seen seen = look();
    CU_ASSERT_EQUAL(seen.closed + seen.suspects, 1);
    lines[2] = dup(lines[0]);
    end();
}

static struct net_unfinished_seen look_after(int64_t ms)
{
    struct net_unfinished_seen seen = {99, 99, 99, 99};
    CU_ASSERT_EQUAL(net_unfinished_look(&u, clock_after(u.looked, ms), &seen), NG_OK);
    return seen;
}

static void say(uint8_t line, bool greeted)
{
    net_unfinished_greeted(&u, net_unfinished_line_of(lines[line]), greeted);
}

static void who_does_not_say_who_he_is_is_closed_in_time(void)
{
    begin();
    say(1, false);
    say(2, false);
    CU_ASSERT_EQUAL(look().ungreeted, 2); /* their time begins */
    CU_ASSERT_EQUAL(look_after(NET_UNGREETED_MS).silent, 0);
    say(2, true); /* just in time */
    struct net_unfinished_seen seen = look_after(1);
    CU_ASSERT(seen.silent == 1 && seen.ungreeted == 0 && seen.closed == 0);
    CU_ASSERT_TRUE(is_shut(lines[1]));
    CU_ASSERT_FALSE(is_shut(lines[2]));
    say(2, false); /* what it said counts no more: its time begins anew */
    CU_ASSERT_EQUAL(look_after(NET_UNGREETED_MS).silent, 0);
    CU_ASSERT_EQUAL(look_after(NET_UNGREETED_MS + 1).silent,
                    2); /* and line 1 is not taken away yet */
    CU_ASSERT_TRUE(is_shut(lines[2]));
    CU_ASSERT_FALSE(is_shut(lines[0]));
    end();
}

static void where_there_are_too_many_each_has_a_second(void)
{
    begin();
    say(1, false);
    CU_ASSERT_EQUAL(look().ungreeted, 1);
    CU_ASSERT_EQUAL(look_after(NET_UNGREETED_FEW_MS + 1).silent, 0);
    u.ungreeted = NET_UNGREETED_MAX + 1;
    CU_ASSERT_EQUAL(look_after(1).silent, 1);
    CU_ASSERT_TRUE(is_shut(lines[1]));
    end();
}

static void hanging_up_touches_that_connection_alone(void)
{
    begin();
    const uint64_t line = net_unfinished_line_of(lines[0]);
    CU_ASSERT(line != 0 && net_unfinished_line_of(-1) == 0);
    CU_ASSERT_EQUAL(dup2(lines[1], lines[0]), lines[0]); /* the number is another's now */
    net_unfinished_hang_up(line);
    net_unfinished_hang_up(0);
    CU_ASSERT_FALSE(is_shut(lines[1]));
    net_unfinished_hang_up(net_unfinished_line_of(lines[1]));
    CU_ASSERT_TRUE(is_shut(lines[1]));
    CU_ASSERT_FALSE(is_shut(lines[2]));
    end();
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(whoever_sends_without_end_is_closed_at_once_and_nobody_else),
        TEST_CASE(a_little_more_than_a_message_is_closed_after_a_while),
        TEST_CASE(what_came_between_two_looks_counts_from_the_first_byte),
        TEST_CASE(a_whole_message_pays_for_itself_only),
        TEST_CASE(a_whole_message_settles_what_came_before_it),
        TEST_CASE(heartbeats_are_allowed_for_by_time),
        TEST_CASE(a_descriptor_used_again_begins_anew),
        TEST_CASE(who_does_not_say_who_he_is_is_closed_in_time),
        TEST_CASE(where_there_are_too_many_each_has_a_second),
        TEST_CASE(hanging_up_touches_that_connection_alone),
        {0},
    };
    return test_main("unfinished", cases, argc, argv);
}
