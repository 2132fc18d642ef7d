FROM alpine:3
# ruleid: shell.unverified-packages
RUN apk add --allow-untrusted thing.apk
# ruleid: dockerfile.root-user
USER root
