/** Constants of Linux that eyeballd uses; they are the same on x64 and arm64 (asm-generic). */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EINVAL: 22,
  ENFILE: 23,
  EEXIST: 17,
  ENODEV: 19,
  EMFILE: 24,
  EPIPE: 32,
  ENONET: 64,
  EPROTO: 71,
  ENOPROTOOPT: 92,
  EPROTONOSUPPORT: 93,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  ENOTCONN: 107,
  ECONNREFUSED: 111,
  EHOSTDOWN: 112,
  EHOSTUNREACH: 113,
  EINPROGRESS: 115,
} as const

export const AF = { UNIX: 1, INET: 2, INET6: 10 } as const

export const SOCK = { STREAM: 1, DGRAM: 2, NONBLOCK: 0o4000, CLOEXEC: 0o2000000 } as const

/** Levels and option names of getsockopt(2) and setsockopt(2). */
export const SOL_SOCKET = 1
export const SO = {
  REUSEADDR: 2,
  TYPE: 3,
  ERROR: 4,
  KEEPALIVE: 9,
  OOBINLINE: 10,
  LINGER: 13,
  REUSEPORT: 15,
  BINDTODEVICE: 25,
  ACCEPTCONN: 30,
  MARK: 36,
  PROTOCOL: 38,
  DOMAIN: 39,
} as const
export const IPPROTO_IP = 0
export const IP_TOS = 1
/** The path MTU of a connected socket (ip(7), ipv6(7)). */
export const IP_MTU = 14
/** bind(2) with port 0 leaves the choice of the port to connect(2) (ip(7)). */
export const IP_BIND_ADDRESS_NO_PORT = 24
export const IPPROTO_TCP = 6
export const TCP_NODELAY = 1
/** Seconds until the first keepalive probe, seconds between two probes, and number of probes (tcp(7)). */
export const TCP_KEEPIDLE = 4
export const TCP_KEEPINTVL = 5
export const TCP_KEEPCNT = 6
/** The first byte of its value is the state of the connection (tcp(7)). */
export const TCP_INFO = 11
/** The state of a closed connection: by a reset, by a timeout, or by both ends. */
export const TCP_CLOSE = 7
/** Milliseconds until unacknowledged bytes end the connection, and the name of its algorithm (tcp(7)). */
export const TCP_USER_TIMEOUT = 18
export const TCP_CONGESTION = 13
/** The protocol of socket(2) for Multipath TCP. */
export const IPPROTO_MPTCP = 262
export const IPPROTO_IPV6 = 41
export const IPV6_MTU = 24
export const IPV6_V6ONLY = 26
export const IPV6_TCLASS = 67

export const SHUT = { RD: 0, WR: 1, RDWR: 2 } as const

export const MSG = { PEEK: 2, DONTWAIT: 0x40, NOSIGNAL: 0x4000, MORE: 0x8000 } as const

/** Flags of pipe2(2) and eventfd(2). */
export const O = { NONBLOCK: 0o4000, CLOEXEC: 0o2000000 } as const

/** ioctl(2) request for the bytes in the send queue, unacknowledged ones included (tcp(7), unix(7)). */
export const SIOCOUTQ = 0x5411

export const F = {
  GETFL: 3,
  SETFL: 4,
  DUPFD_CLOEXEC: 1030,
  SETPIPE_SZ: 1031,
  GETPIPE_SZ: 1032,
} as const

export const SPLICE_F = { MOVE: 1, NONBLOCK: 2, MORE: 4 } as const

export const EPOLL = {
  IN: 0x1,
  PRI: 0x2,
  OUT: 0x4,
  ERR: 0x8,
  HUP: 0x10,
  RDHUP: 0x2000,
  /** Edge-triggered mode, as an unsigned number. */
  ET: 0x80000000,
  CTL_ADD: 1,
  CTL_DEL: 2,
  CTL_MOD: 3,
  CLOEXEC: 0o2000000,
} as const
