# A machine on which scripts/run, scripts/test, scripts/site and scripts/lab work, as an ordinary user.
#
#	docker build -t marginalia .
#	docker run --rm marginalia scripts/run ntp-implicit-bias
#	docker run --rm -p 127.0.0.1:8888:8888 marginalia scripts/lab --ip 0.0.0.0
#
# Debian's Go is older than go.mod asks for, and fetches the one that it names, by hash.
FROM debian:trixie-slim AS machine
RUN apt-get update && apt-get install --no-install-recommends -y \
	ca-certificates chromium gcc git golang-go libc6-dev nodejs npm python3 python3-venv \
	&& rm -rf /var/lib/apt/lists/* \
	&& useradd --create-home --shell /bin/bash reader
ENV LANG=C.UTF-8 GOTOOLCHAIN=auto
USER reader

FROM machine
COPY --chown=reader . /home/reader/marginalia
WORKDIR /home/reader/marginalia
RUN scripts/setup
CMD ["scripts/run"]
