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

if ! temporal operator namespace describe >/dev/null 2>&1; then
    temporal operator namespace create --retention "$retention" "$TEMPORAL_NAMESPACE"
fi

# These are workflows/attributes.py; tests/unit/test_cluster_config.py holds the two against each other.
known="$(temporal operator search-attribute list)"
attribute() { # attribute NAME TYPE
    case "$known" in
    *" $1 "*) ;;
    *) temporal operator search-attribute create --name "$1" --type "$2" ;;
    esac
}
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
attribute Subject Text
echo "The namespace $TEMPORAL_NAMESPACE is ready."
