import { Socket } from 'node:net'
import { connect } from 'eyeballd'
import { AbstractConnector, Redis } from 'ioredis'

class RacingConnector extends AbstractConnector {
  #ending = new AbortController()
  #options

  constructor(options) {
    super(options.disconnectTimeout)
    this.#options = options
  }

  async connect() {
    const { host, port } = this.#options
    const { signal } = (this.#ending = new AbortController())
    try {
      this.stream = await connect({ host, port, signal })
    } catch (error) {
      // As a stream that has failed, so that ioredis tries again by its own rules.
      if (!signal.aborted) this.firstError = error
      this.stream = new Socket().destroy()
    }
    return this.stream
  }

  disconnect() {
    this.#ending.abort()
    super.disconnect()
  }
}

const [host, port] = process.argv.slice(2)
const redis = new Redis({ host, port: Number(port), Connector: RacingConnector })
await redis.set('name', 'eyeballs')
console.log(await redis.get('name'))
await redis.quit()
