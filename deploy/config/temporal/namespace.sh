#!/bin/sh
# Create the namespace of the cases with the search attributes they are found by; what is there already stays.
# Needs the temporal command line (in temporalio/admin-tools) and TEMPORAL_ADDRESS; in the profile `secure` also
# TEMPORAL_TOKEN_FILE, a token that may `<namespace>:admin`.
set -eu

: "${TEMPORAL_ADDRESS:?host:port of the frontend}"
export TEMPORAL_NAMESPACE="${TEMPORAL_NAMESPACE:-signalbox}"
if [ -n "${TEMPORAL_TOKEN_FILE:-}" ]; then
    TEMPORAL_API_KEY="$(cat "$TEMPORAL_TOKEN_FILE")"
    export TEMPORAL_API_KEY TEMPORAL_TLS="${TEMPORAL_TLS:-false}"
fi

# Closed cases stay on the server this long; the ledger keeps what it must for good.
retention="${NAMESPACE_RETENTION:-30d}"

again() { # again COMMAND: every second until it succeeds, for two minutes; then its message
    tries=120
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        if [ "$tries" -le 0 ]; then
            "$@"
            exit 1
        fi
        sleep 1
    done
}

again temporal operator cluster health # a frontend listens some time before it serves

if ! temporal operator namespace describe >/dev/null 2>&1; then
    temporal operator namespace create --retention "$retention" --namespace "$TEMPORAL_NAMESPACE"
fi

# The roles hear of a new namespace within ten seconds or so.
again temporal operator search-attribute list
known="$(temporal operator search-attribute list)"

# These are workflows/attributes.py; tests/unit/test_cluster_config.py holds the two against each other.
attribute() { # attribute NAME TYPE
    case "$known" in
    *" $1 "*) ;;
    *) missing="$missing --name $1 --type $2" ;;
    esac
}
missing=""
attribute Process Keyword
attribute CaseState Keyword
attribute OwnerRole Keyword
attribute ApprovalState Keyword
attribute ApproverRole KeywordList
attribute ApprovalKind Keyword
attribute DecidedBy Keyword
attribute Amount Double
attribute ApprovalDue Datetime
attribute RiskTags KeywordList
attribute Subject Keyword
if [ -n "$missing" ]; then # all in one call: the server limits how often a namespace is changed
    # shellcheck disable=SC2086
    temporal operator search-attribute create $missing
fi
echo "The namespace $TEMPORAL_NAMESPACE is ready."
