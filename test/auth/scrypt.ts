import t from 'tap'
import { scrypt, scryptMemoryBytes } from '../../src/auth/scrypt.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

t.test('derives as RFC 7914 section 12 says', async t => {
  const key = await scrypt(bytes('password'), bytes('NaCl'), 64, { logN: 10, r: 8, p: 16 })
  t.equal(
    Buffer.from(key).toString('hex'),
    'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162' +
      '2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
  )
})

t.test('says how much memory it takes, and may take it', async t => {
  t.equal(scryptMemoryBytes({ logN: 14, r: 8, p: 1 }), 16 * 1024 * 1024 + 3 * 1024)
  const key = await scrypt(bytes('x'), bytes('y'), 32, { logN: 16, r: 8, p: 1 })
  t.equal(key.length, 32, '64 MiB are more than what Node allows by itself')
})

t.test('rejects parameters that are none', async t => {
  await t.rejects(scrypt(bytes('x'), bytes('y'), 32, { logN: 0, r: 8, p: 1 }))
})
