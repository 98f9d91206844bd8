import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect } from 'eyeballd'

/** A stream that a client can hold, and write to, before its race is over. */
export class RacedStream extends Duplex {
  #ending = new AbortController()
  #socket

  connect(port, host) {
    const socketFactory = () => new Socket().setNoDelay()
    connect({ host, port, socketFactory, signal: this.#ending.signal }).then(
      socket => this.#carry(socket),
      error => this.destroy(error),
    )
    return this
  }

  #carry(socket) {
    this.#socket = socket
    socket.on('data', chunk => this.push(chunk) || socket.pause())
    socket.on('end', () => this.push(null))
    socket.on('error', error => this.destroy(error))
    socket.on('close', () => this.destroy())
    if (this.destroyed) socket.destroy()
    else this.emit('connect')
  }

  _read() {
    this.#socket?.resume()
  }

  _write(chunk, encoding, done) {
    if (this.#socket) this.#socket.write(chunk, encoding, done)
    else this.once('connect', () => this._write(chunk, encoding, done))
  }

  _final(done) {
    if (this.#socket) this.#socket.end(done)
    else this.once('connect', () => this._final(done))
  }

  _destroy(error, done) {
    this.#ending.abort()
    this.#socket?.destroy()
    done(error)
  }

  // What clients of databases ask of a socket. TCP_NODELAY is on from the beginning.
  setNoDelay() {
    return this
  }

  setKeepAlive(...options) {
    this.#socket?.setKeepAlive(...options)
    return this
  }

  ref() {
    this.#socket?.ref()
    return this
  }

  unref() {
    this.#socket?.unref()
    return this
  }
}
