import t from 'tap'
import { ACCESS_RULE, parseAccessTarget, parsePorts } from '../../../src/config/table/access.ts'
import { isValid, readField } from '../../fixtures/read-field.ts'

t.test('parseAccessTarget reads keywords, names, suffixes and prefixes', async t => {
  t.strictSame(parseAccessTarget('private'), { type: 'word', word: 'private' })
  t.strictSame(parseAccessTarget('Example.COM.'), { type: 'name', name: 'example.com' })
  t.strictSame(parseAccessTarget('*.Example.com'), { type: 'suffix', suffix: '.example.com' })
  t.match(parseAccessTarget('192.0.2.0/24'), { type: 'cidr', cidr: { length: 24 } })
  t.match(parseAccessTarget('2001:db8::1'), { type: 'cidr', cidr: { length: 128 } })
  const mapped = parseAccessTarget('::ffff:10.0.0.0/104')
  t.strictSame(mapped, parseAccessTarget('10.0.0.0/8'), 'an IPv4-mapped prefix')
  for (const text of ['', '*.', '**', 'a*.b', '127.1', '192.0.2.0/33', 'a/24']) {
    t.throws(
      () => parseAccessTarget(text),
      { code: 'ERR_INVALID_NAME', message: /allowed: a name/ },
      text,
    )
  }
})

t.test('keywords are case-insensitive, and near misses are rejected', async t => {
  for (const text of ['Loopback', 'LOOPBACK', 'loopback']) {
    t.strictSame(parseAccessTarget(text), { type: 'word', word: 'loopback' })
  }
  t.strictSame(parseAccessTarget('Link-Local'), { type: 'word', word: 'link-local' })
  for (const [text, word] of [
    ['privat', 'private'],
    ['Privates', 'private'],
    ['loop-back', 'loopback'],
    ['linklocal', 'link-local'],
    ['link_local', 'link-local'],
    ['meta-data', 'metadata'],
    ['metadat', 'metadata'],
  ] as const) {
    const message = `did you mean "${word}"? A host of that name is written "${text}."`
    t.throws(
      () => parseAccessTarget(text),
      { code: 'ERR_INVALID_NAME', message: new RegExp(message.replaceAll('?', '\\?')) },
      text,
    )
    t.strictSame(parseAccessTarget(`${text}.`), { type: 'name', name: text.toLowerCase() })
  }
  t.throws(() => parseAccessTarget('link local'), { message: /did you mean "link-local"\?$/ })
  t.strictSame(parseAccessTarget('private.'), { type: 'name', name: 'private' })
  t.strictSame(parseAccessTarget('privat.example'), { type: 'name', name: 'privat.example' })
  for (const name of ['localhost', 'db', 'gateway', 'printer']) {
    t.strictSame(parseAccessTarget(name), { type: 'name', name })
  }
})

t.test('words that mean everything are rejected', async t => {
  for (const text of ['all', 'ANY', 'Everything', 'everywhere', 'anywhere', 'everyone']) {
    t.throws(
      () => parseAccessTarget(text),
      {
        code: 'ERR_INVALID_NAME',
        message: `found "${text}"; leave \`to\` out to match everything. A host of that name is written "${text}."`,
      },
      text,
    )
    t.strictSame(parseAccessTarget(`${text}.`), { type: 'name', name: text.toLowerCase() })
  }
  t.throws(() => parseAccessTarget('*'), {
    code: 'ERR_INVALID_NAME',
    message: /^found "\*"; leave `to` out to match everything$/,
  })
  t.strictSame(parseAccessTarget('all.example'), { type: 'name', name: 'all.example' })
})

t.test('keywords of other programs are rejected', async t => {
  for (const text of [
    'public',
    'Internet',
    'multicast',
    'broadcast',
    'localnet',
    'local-net',
    'site_local',
    'unique-local',
    'internal',
    'none',
    'rfc1918',
  ]) {
    t.throws(
      () => parseAccessTarget(text),
      {
        code: 'ERR_INVALID_NAME',
        message: `"${text}" is not a word of access rules; allowed: a name, *.suffix, an address or prefix, or one of private, loopback, link-local, metadata. A host of that name is written "${text}."`,
      },
      text,
    )
    t.strictSame(parseAccessTarget(`${text}.`), { type: 'name', name: text.toLowerCase() })
  }
})

t.test('parsePorts reads ports and ranges', async t => {
  t.strictSame(parsePorts(80), { first: 80, last: 80 })
  t.strictSame(parsePorts('80'), { first: 80, last: 80 })
  t.strictSame(parsePorts('1-65535'), { first: 1, last: 65_535 })
  for (const found of [
    0,
    65_536,
    1.5,
    -1,
    '',
    '80-',
    '-80',
    '90-80',
    '0-5',
    '1-65536',
    '80-90-100',
    ' 80',
  ]) {
    t.throws(() => parsePorts(found), { code: 'ERR_CONFIG', message: /range/ }, String(found))
  }
})

t.test('a rule needs only an action', async t => {
  t.ok(isValid(ACCESS_RULE, { action: 'allow' }))
  t.notOk(isValid(ACCESS_RULE, { to: ['a'] }))
})

t.test('a loaded rule has null for omitted parts', async t => {
  t.strictSame(readField(ACCESS_RULE, { action: 'deny' }).value, {
    action: 'deny',
    clients: null,
    users: null,
    to: null,
    ports: null,
    egress: null,
  })
  t.match(
    readField(ACCESS_RULE, {
      action: 'allow',
      clients: ['192.0.2.1'],
      users: ['a'],
      to: ['private'],
      ports: [80, '90-99'],
    }).value,
    {
      action: 'allow',
      clients: [{ length: 32 }],
      users: ['a'],
      to: [{ type: 'word', word: 'private' }],
      ports: [
        { first: 80, last: 80 },
        { first: 90, last: 99 },
      ],
    },
  )
})
