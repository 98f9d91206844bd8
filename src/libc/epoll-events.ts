/**
 * Room for what epoll_wait says: an array of `struct epoll_event`, 32 bits of events and 64 of data,
 * packed on x64 alone. The data is the descriptor and a number that tells its uses apart.
 */
export type EpollEvents = {
  /** For epoll_wait. */
  readonly bytes: Uint8Array
  readonly count: number
  readonly events: (index: number) => number
  readonly fd: (index: number) => number
  readonly generation: (index: number) => number
  /** One event for epoll_ctl; the same buffer each time. */
  readonly one: (events: number, fd: number, generation: number) => Uint8Array
}

/** @param count how many events there is room for, from 1 */
export const createEpollEvents = (count: number, arch: string = process.arch): EpollEvents => {
  const stride = arch === 'x64' ? 3 : 4
  const data = stride - 2
  const words = new Int32Array(stride * count)
  const single = new Int32Array(stride)
  const singleBytes = new Uint8Array(single.buffer)
  return {
    bytes: new Uint8Array(words.buffer),
    count,
    events: index => words[index * stride] ?? 0,
    fd: index => words[index * stride + data] ?? -1,
    generation: index => words[index * stride + data + 1] ?? 0,
    one: (events, fd, generation) => {
      single[0] = events
      single[data] = fd
      single[data + 1] = generation
      return singleBytes
    },
  }
}
