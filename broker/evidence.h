/* The broker's folder of evidence: opened with the operator's limits, and what he says about one
 * file while the broker runs. */
#ifndef NGANAM_BROKER_EVIDENCE_H
#define NGANAM_BROKER_EVIDENCE_H

#include "blob/blob.h"
#include "broker/control.h"

/* 0: as in blob.h. */
struct evidence_limits {
    uint64_t file_mib;
    uint64_t unit_mib;
    uint64_t unit_count;
};

/* NG_ERR_INPUT (limits); the errors of blob_open. */
enum ng_err evidence_open(const char *folder, const struct evidence_limits *given,
                          struct blob_folder **ret) NG_MUST_USE;

/* Does what a request on the control socket asks, if it is about evidence; false: it is not. */
bool evidence_order(struct blob_folder *b, const char *request, char ret_answer[CONTROL_TEXT_MAX]);

#endif
