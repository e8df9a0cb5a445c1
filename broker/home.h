/* The broker's data folder:
 *   log/, log.key, head   the ledger's (ledger.h)
 *   head.path             where the head floor lies instead of in `head`, if it does
 *   broker.curve          the CURVE secret of the listening socket, base64, 0600 (secret.h)
 *   endpoint              the address that slips carry
 *   blobs/                the evidence (blob.h)
 *   serve.lock            held by the one running broker (and by init)
 *   control               a datagram socket while it runs (control.h) */
#ifndef NGANAM_BROKER_HOME_H
#define NGANAM_BROKER_HOME_H

#include "base/buf.h"
#include "blob/blob.h"
#include "ledger/secret.h"
#include "net/net.h"

#define HOME_CURVE "broker.curve"
#define HOME_ENDPOINT_DEFAULT "tcp://127.0.0.1:5570"

/* NG_ERR_BUSY: a broker runs on this folder. Ends with file_unlock. */
enum ng_err home_lock(const char *folder, int *ret_fd) NG_MUST_USE;

/* The folder of the evidence; the errors of blob_open. */
enum ng_err home_open_blobs(const char *folder, const struct blob_limits *limits,
                            struct blob_folder **ret) NG_MUST_USE;

/* Loading: NG_ERR_NOT_FOUND where `nganam-broker init` was not run; NG_ERR_CORRUPT; of the key,
 * what secret_read gives. */
struct secret_file home_curve_secret(const char *path);
enum ng_err home_load_curve(const char *folder, struct net_curve *ret) NG_MUST_USE;
enum ng_err home_save_curve(const char *folder, const struct net_curve *curve) NG_MUST_USE;
enum ng_err home_load_endpoint(const char *folder, char ret[NET_ENDPOINT_MAX + 1]) NG_MUST_USE;
enum ng_err home_save_endpoint(const char *folder, const char *endpoint) NG_MUST_USE;

/* Where the head floor lies: `given` (an option; may be NULL), else what head.path says, else NULL
 * (the ledger's own place). Gives a string to free. A relative path is made absolute, so that it
 * means the same file wherever the next command is started. */
enum ng_err home_head_path(const char *folder, const char *given, char **ret) NG_MUST_USE;
enum ng_err home_save_head_path(const char *folder, const char *path) NG_MUST_USE;
/* Whether the head floor lies on the log's own filesystem, which may be set back with it. */
bool home_on_one_disk(const char *folder, const char *head_path);

#endif
