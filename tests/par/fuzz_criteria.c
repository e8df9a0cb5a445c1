/* Goal: no criteria file a person may hand over makes its reader read or write outside, leak or
 * hang; a set that is accepted comes back from the log the same, adds up, and is stored the same a
 * second time; what is refused is listed. */
#include "par/criteria.h"
#include "par/fuzz_kit.h"

static void check_nodes(const struct criteria *set)
{
    const uint32_t *fields;
    struct decimal base = {0};
    for (uint32_t i = 0; i < criteria_count(set); i++) {
        const struct criteria_node *node = criteria_node(set, i);
        CHECK(criteria_find(set, node->code) == i);
        CHECK(node->parent == CRITERIA_NONE ? node->level == CRITERIA_FIELD : node->parent < i);
        CHECK(node->max.micro >= 0);
    }
    const size_t count = criteria_fields(set, &fields);
    for (size_t i = 0; i < count; i++) {
        const struct criteria_node *field = criteria_node(set, fields[i]);
        if (field->group == METHOD_BASE) {
            base = decimal_add(base, field->max);
        }
    }
    CHECK(decimal_compare(base, criteria_head(set)->base_max) == 0);
}

static void accepted(const struct criteria *set)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct criteria *back = NULL;
    struct actlist *acts = NULL;
    CHECK(criteria_to_acts(set, &acts) == NG_OK);
    CHECK(criteria_from_acts(actlist_acts(acts), actlist_count(acts), &faults, &back) == NG_OK);
    CHECK(!fault_any(&faults));
    CHECK(criteria_equal(set, back));
    check_nodes(set);
    criteria_destroy(&back);
    actlist_destroy(&acts);
    fault_list_fini(&faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct criteria *set = NULL;
    fuzz_begin();
    const enum ng_err err =
        criteria_parse_csv((struct bytes){data, size}, "S", 2026, "g", &faults, &set);
    if (err == NG_OK) {
        accepted(set);
    }
    criteria_destroy(&set);
    fuzz_kit_refusals(err, &faults);
    return 0;
}
