import pg from 'pg'
import { RacedStream } from './raced-stream.mjs'

const [host, port] = process.argv.slice(2)
const pool = new pg.Pool({
  host,
  port: Number(port),
  user: 'postgres',
  max: 4,
  stream: () => new RacedStream(),
})
const answers = await Promise.all([1, 2, 3].map(n => pool.query('select $1::int * 7 as n', [n])))
console.log(answers.map(({ rows }) => rows[0].n))
await pool.end()
