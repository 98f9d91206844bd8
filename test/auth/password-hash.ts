import t from 'tap'
import {
  DEFAULT_PARAMETERS,
  HASH_PREFIX,
  formatPasswordHash,
  hashPassword,
  parsePasswordHash,
  scrypt,
  scryptMemoryBytes,
} from '../../src/auth/password-hash.ts'

const SALT = 'AAECAwQFBgcICQoLDA0ODw'
const HASH = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8'
const text = (parameters: string, salt = SALT, hash = HASH): string =>
  `$scrypt$${parameters}$${salt}$${hash}`

t.test('parses and formats the same text', async t => {
  const sound = text('ln=14,r=8,p=1')
  const hash = parsePasswordHash(sound)
  t.strictSame(hash.parameters, DEFAULT_PARAMETERS)
  t.equal(hash.salt.length, 16)
  t.equal(hash.hash.length, 32)
  t.equal(formatPasswordHash(hash), sound)
  t.doesNotThrow(() => parsePasswordHash(text('ln=16,r=8,p=4')), '64 MiB are allowed')
})

t.test('rejects a damaged hash without quoting it', async t => {
  const damaged = {
    'no hash': '$scrypt$ln=14,r=8,p=1$AAECAwQFBgcICQoLDA0ODw',
    'another kind': '$argon2id$v=19$m=65536,t=3,p=4$AAECAwQFBgcICQ$AAECAwQFBgcICQoLDA0ODw',
    'a short salt': text('ln=14,r=8,p=1', 'AAECAwQFBg'),
    'a short hash': text('ln=14,r=8,p=1', SALT, 'AAECAwQFBgcICQoLDA0O'),
    padding: text('ln=14,r=8,p=1', `${SALT}==`),
    'other letters': text('ln=14,r=8,p=1', SALT, HASH.replace('A', '!')),
    'bits that no byte has': text('ln=14,r=8,p=1', 'AAECAwQFBgcICQoLDA0ODx'),
    'words behind it': `${text('ln=14,r=8,p=1')} `,
    nothing: HASH_PREFIX,
  }
  for (const [name, found] of Object.entries(damaged)) {
    t.throws(() => parsePasswordHash(found), { code: 'ERR_INVALID_ARG', message: /damaged/ }, name)
  }
  try {
    parsePasswordHash(text('ln=14,r=8,p=1', SALT, 'AA'))
    t.fail('expected to throw')
  } catch (error) {
    t.notOk((error as Error).message.includes(SALT))
  }
})

t.test('rejects a hash that would take gigabytes or minutes', async t => {
  const hostile = ['ln=30,r=8,p=1', 'ln=14,r=99,p=1', 'ln=17,r=8,p=1', 'ln=14,r=8,p=5']
  const senseless = ['ln=0,r=8,p=1', 'ln=14,r=0,p=1', 'ln=14,r=8,p=0', 'ln=99,r=99,p=99']
  for (const parameters of [...hostile, ...senseless]) {
    const expected = { code: 'ERR_INVALID_ARG', message: /found .*ln=.*allowed: 64 MiB/ }
    t.throws(() => parsePasswordHash(text(parameters)), expected, parameters)
  }
})

t.test('hashes with a given salt, else with a new one each time', async t => {
  const password = new TextEncoder().encode('correct horse')
  const salt = Buffer.from(SALT, 'base64')
  const asked: unknown[] = []
  const printed = await hashPassword(password, salt, async (...words) => {
    asked.push(words)
    return Buffer.from(HASH, 'base64')
  })
  t.strictSame(asked, [[password, salt, 32, DEFAULT_PARAMETERS]])
  t.equal(printed, text('ln=14,r=8,p=1'))
  const [one, two] = await Promise.all([hashPassword(password), hashPassword(password)])
  t.not(one, two)
  t.equal(parsePasswordHash(one).salt.length, 16)
})

const bytes = (word: string): Uint8Array => new TextEncoder().encode(word)

t.test('derives the key of RFC 7914 section 12', async t => {
  const key = await scrypt(bytes('password'), bytes('NaCl'), 64, { logN: 10, r: 8, p: 16 })
  t.equal(
    Buffer.from(key).toString('hex'),
    'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162' +
      '2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
  )
})

t.test('computes the memory of a derivation, and may use it', async t => {
  t.equal(scryptMemoryBytes({ logN: 14, r: 8, p: 1 }), 16 * 1024 * 1024 + 3 * 1024)
  const key = await scrypt(bytes('x'), bytes('y'), 32, { logN: 16, r: 8, p: 1 })
  t.equal(key.length, 32, '64 MiB are more than the default of Node')
})

t.test('rejects invalid parameters', async t => {
  await t.rejects(scrypt(bytes('x'), bytes('y'), 32, { logN: 0, r: 8, p: 1 }))
})
