# eyeballd in a container: docs/container.md.
#
#   docker build -t eyeballd .
#   docker build -t eyeballd --build-arg NODE_IMAGE=node:26-alpine .
#
# By default it is a sidecar: it listens on loopback only, which the other containers of its pod (or
# of --network container:ID) share, and nobody else. To serve other containers or hosts, name the
# address and who may use it; without the second it refuses to start, as it would be an open proxy:
#
#   docker run -p 127.0.0.1:1080:1080 eyeballd -l 0.0.0.0:1080 --clients 172.16.0.0/12
#
# A configuration is mounted and named:
#
#   docker run -v ./eyeballd.yaml:/etc/eyeballd.yaml:ro -e EYEBALLD_CONFIG=/etc/eyeballd.yaml eyeballd

# Has node, npm and a shell, with glibc or with musl. The image gets node and the libraries that it needs.
ARG NODE_IMAGE=node:26-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package needs its install script, so none runs.
RUN npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/*.mjs scripts/
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund --no-update-notifier
COPY LICENSE ./
COPY config/eyeballd.yaml config/schema.json config/
COPY scripts/image-root.sh scripts/
# The time of each file, so that equal inputs make equal layers.
ARG SOURCE_DATE_EPOCH=0
RUN sh scripts/image-root.sh /app /image "$SOURCE_DATE_EPOCH"

FROM scratch
ARG NODE_IMAGE
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="eyeballd" \
  org.opencontainers.image.description="A SOCKS and HTTP proxy, with TCP forwards, that gives every program Happy Eyeballs" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.created="${CREATED}" \
  org.opencontainers.image.base.name="${NODE_IMAGE}"
COPY --from=build /image /
ENV PATH=/usr/local/bin NODE_ENV=production
# Goes before admin.listen of a mounted configuration: to have that one, set it to nothing, -e EYEBALLD_ADMIN=
ENV EYEBALLD_ADMIN=unix:/run/eyeballd/admin.sock
# For that socket. A volume can be written to also where the rest of the container cannot, and by any user:
# nobody else is in there.
VOLUME /run/eyeballd
# By number, so that it needs no entry in /etc/passwd and Kubernetes can see that it is not root.
USER 10001:10001
EXPOSE 1080
# SIGTERM drains: give it longer than drainDelay and drainTimeout (30 s) before SIGKILL, docker run --stop-timeout 40.
STOPSIGNAL SIGTERM
# Asks the endpoint that EYEBALLD_ADMIN names, so it does not matter what the daemon listens on and for whom.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["eyeballd", "healthcheck"]
# A script whose interpreter is node: node is the first process and gets the signals itself, as there is no shell.
ENTRYPOINT ["eyeballd"]
