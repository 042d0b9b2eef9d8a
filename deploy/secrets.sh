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
# For the codec server of docker-compose.secure.yml. Browsers do not know who signed it: put a certificate of your own here.
if [ ! -e "$folder/codec_key" ]; then
    if openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 -subj "/CN=localhost" \
        -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
        -keyout "$folder/codec_key.made" -out "$folder/codec_certificate.made" 2>/dev/null; then
        keep codec_certificate <"$folder/codec_certificate.made"
        keep codec_key <"$folder/codec_key.made"
    else
        echo "openssl makes no certificate here: put one for localhost into $folder/codec_certificate and codec_key." >&2
    fi
    rm -f "$folder/codec_certificate.made" "$folder/codec_key.made"
fi
# The key of the model server goes in here; while it is empty, no model is asked.
printf '' | keep signalbox_model_key
