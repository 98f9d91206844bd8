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
    this.#ending = new AbortController()
    this.stream = await connect({ host, port, signal: this.#ending.signal })
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
