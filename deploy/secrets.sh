#!/bin/sh
# Write the secrets of docker-compose.yml into a folder; what is there already stays, so that it can be run again.
#
# The folder is its owner's alone. The files in it can be read by everybody who gets that far: each container has its own
# user, and sees only those files that docker-compose.yml gives it.
set -eu

folder="${1:?the folder for the secrets, such as .secrets}"
mkdir -p "$folder"
chmod 0700 "$folder"

keep() { # keep NAME: standard input becomes the secret, unless there is one
    if [ ! -e "$folder/$1" ]; then
        cat >"$folder/$1.new"
        chmod 0644 "$folder/$1.new"
        mv "$folder/$1.new" "$folder/$1"
        echo "$folder/$1 is new."
    fi
}
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

for each in postgres_password temporal_password signalbox_password grafana_password temporal_ui_client_secret; do
    random | keep "$each"
done
password="$(cat "$folder/signalbox_password")"
printf '%s' "postgresql://signalbox:$password@postgres/signalbox" | keep signalbox_store
printf '%s' "postgresql://signalbox:$password@postgres/books" | keep signalbox_database
# The key of the model server goes in here; while it is empty, no model is asked.
printf '' | keep signalbox_model_key
