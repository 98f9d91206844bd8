# eyeballd in a container.
#
#   docker build -t eyeballd .
#   docker build -t eyeballd --build-arg NODE_IMAGE=node:24-alpine .
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

ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package needs its install script, so none runs.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs scripts/bundle-dashboard.mjs scripts/
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
COPY --from=build /app/package.json /app/
COPY --from=build /app/node_modules /app/node_modules
# The program alone: the other modules of dist/ are the library's.
COPY --from=build /app/dist/bin.js /app/dist/
COPY --from=build /app/dist/program /app/dist/program
COPY config /app/config
# For the endpoint by which the container's health is asked. A volume can be written to also where the rest
# of the container cannot, and by any user: nobody else is in there.
RUN mkdir -m 1777 /run/eyeballd
VOLUME /run/eyeballd
# Goes before admin.listen of a mounted configuration: to have that one, set it to nothing, -e EYEBALLD_ADMIN=
ENV EYEBALLD_ADMIN=unix:/run/eyeballd/admin.sock
# By number, so that it needs no entry in /etc/passwd and Kubernetes can see that it is not root.
USER 10001:10001
EXPOSE 1080
# SIGTERM drains: give it longer than drainTimeout (30 s) before SIGKILL, docker run --stop-timeout 40.
STOPSIGNAL SIGTERM
# Asks the endpoint that EYEBALLD_ADMIN names, so it does not matter what the daemon listens on and for whom.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "/app/dist/bin.js", "healthcheck"]
# node is the first process and gets the signals itself: no shell and no npm stand between.
ENTRYPOINT ["node", "/app/dist/bin.js"]
