/* Shared by uplink.c (the states, the line, what time asks for) and uplink_take.c (what it is
 * told); nobody else. */
#ifndef NGANAM_PARTY_UPLINK_STATE_H
#define NGANAM_PARTY_UPLINK_STATE_H

#include "party/uplink.h"

/* uplink.c: the one way from state to state; the move must be an allowed one. */
void uplink_go(struct uplink *u, enum uplink_state to);
/* Adds an action, the rest of it for the caller to fill in. */
struct uplink_action *uplink_act(struct uplink_actions *actions, enum uplink_action_kind kind);
/* Hangs up until the back-off has passed; CLOSE is the last action of its step. */
void uplink_give_up(struct uplink *u, struct mono now, struct uplink_actions *actions);
/* The same, and a person is told of the lie. */
void uplink_accuse(struct uplink *u, struct mono now, enum uplink_lie lie,
                   struct uplink_actions *actions);
/* Reads on and submits nothing; refusal and seq say why. */
void uplink_go_mute(struct uplink *u, struct mono now, enum uplink_mute mute, enum refusal refusal,
                    uint64_t seq, struct uplink_actions *actions);

/* uplink_take.c: the events of these names. */
void uplink_take_welcome(struct uplink *u, struct mono now, const struct uplink_event *event,
                         struct uplink_actions *actions);
void uplink_take_packed(struct uplink *u, struct mono now, const struct uplink_event *event,
                        struct uplink_actions *actions);
void uplink_take_answered(struct uplink *u, struct mono now, const struct uplink_event *event,
                          struct uplink_actions *actions);
void uplink_take_entries(struct uplink *u, struct mono now, const struct uplink_event *event,
                         struct uplink_actions *actions);
void uplink_take_outbox(struct uplink *u, struct mono now, const struct uplink_event *event,
                        struct uplink_actions *actions);

#endif
