import t from 'tap'
import {
  checkPassword,
  checkUserName,
  HIDDEN_PASSWORD,
  parseUsersFile,
  parseUsersFileInSlices,
} from '../../src/auth/users-file.ts'

const HASH =
  '$scrypt$ln=4,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8'

t.test('reads names and passwords, and skips comments and blank lines', async t => {
  const { users, problems } = parseUsersFile(
    `\uFEFF# users\r\nalice:wonder:land\r\n\n   \n  # more\nbob:${HASH}\nc d:x  y`,
  )
  t.strictSame(problems, [])
  t.strictSame(
    [...users],
    [
      ['alice', 'wonder:land'],
      ['bob', HASH],
      ['c d', 'x  y'],
    ],
  )
})

t.test('reports every wrong line, and no password', async t => {
  const long = 'x'.repeat(256)
  const { users, problems } = parseUsersFile(
    [
      'hunter2',
      ':hunter2',
      'alice:',
      'bob:hunter2',
      'bob:hunter3',
      `${long}:a`,
      `c:${long}`,
      'd:$scrypt$hunter2',
    ].join('\n'),
  )
  t.strictSame([...users.keys()], ['bob'])
  t.strictSame(
    problems.map(({ line, message }) => [line, message]),
    [
      [1, 'found a line without a colon; allowed: name:password'],
      [2, "found a user's name of 0 bytes; allowed: 1 to 255 bytes"],
      [3, 'found a password of 0 bytes; allowed: 1 to 255 bytes'],
      [5, 'found the user "bob" for the second time'],
      [6, "found a user's name of 256 bytes; allowed: 1 to 255 bytes"],
      [7, 'found a password of 256 bytes; allowed: 1 to 255 bytes'],
      [
        8,
        'found a damaged $scrypt$ hash; allowed: $scrypt$ln=14,r=8,p=1$SALT$HASH as eyeballd hash-password prints it',
      ],
    ],
  )
  t.notMatch(JSON.stringify(problems), /hunter/)
})

t.test('white space around a name or a password is a problem', async t => {
  const { users, problems } = parseUsersFile(
    [
      'bob: hunter2',
      'carol :hunter2',
      ' dave:hunter2',
      'erin:hunter2 ',
      'f:\thunter2',
      `g: ${HASH}`,
    ]
      .concat(`h:${HASH} `, 'i:\u00A0')
      .join('\r\n'),
  )
  t.strictSame([...users], [])
  const found = problems.map(({ line, message }) => `${line} ${message.split(';')[0]}`)
  t.strictSame(found, [
    '1 found white space before a password',
    "2 found white space behind a user's name",
    "3 found white space before a user's name",
    '4 found white space behind a password',
    '5 found white space before a password',
    '6 found white space before a password',
    '7 found white space behind a password',
    '8 found white space before a password',
  ])
  t.notMatch(JSON.stringify(problems), /hunter/)
  t.throws(() => checkUserName('bob '), {
    code: 'ERR_INVALID_ARG',
    message: /behind a user's name/,
  })
  t.doesNotThrow(() => checkPassword(' pw '), 'in quotes of YAML it is meant')
})

t.test('a file without users is a problem', async t => {
  for (const text of ['', '# nobody\n\n']) {
    const { problems } = parseUsersFile(text)
    t.strictSame(problems, [
      { line: 0, message: 'found no users; allowed: one name:password a line' },
    ])
  }
})

t.test('lengths are bytes', async t => {
  t.doesNotThrow(() => checkUserName('é'.repeat(127)))
  t.throws(() => checkUserName('é'.repeat(128)), { message: /256 bytes/ })
  t.doesNotThrow(() => checkPassword('x'.repeat(255)))
  t.throws(() => checkPassword(''), { code: 'ERR_INVALID_ARG' })
})

t.test('a hash that was cut is no password, wherever it was cut', async t => {
  for (let length = 1; length < HASH.length; length++) {
    const cut = HASH.slice(0, length)
    // Whole bytes of base64 are left then: a shorter hash, which only the right password matches.
    const isHash = /\$[A-Za-z0-9+/]{22,}$/.test(cut.slice(30))
    if (!isHash) t.throws(() => checkPassword(cut), { code: 'ERR_INVALID_ARG' }, cut)
  }
  t.throws(() => checkPassword('$scry'), {
    message: /^found only the beginning of a \$scrypt\$ hash/,
  })
  for (const password of ['$S', '$scryptic', 's', 'scrypt', '$$', '$ecret'])
    t.doesNotThrow(() => checkPassword(password), password)
})

t.test('a file that is no users file has a bounded number of problems', async t => {
  const { users, problems } = parseUsersFile(`a:b\n${'x\n'.repeat(20_000)}c:d`)
  t.same([[...users.keys()], problems.length, problems.at(-1)?.line], [['a'], 10_000, 10_001])
})

t.test('a long file is parsed in slices, with the same result', async t => {
  const lines = Array.from({ length: 5000 }, (_, i) => (i === 4321 ? 'bad' : `user${i}:p\r`))
  for (const text of ['', 'a:b', lines.join('\n'), `${lines.join('\n')}\n`]) {
    let pauses = 0
    const pause = async (): Promise<void> => void pauses++
    t.strictSame(await parseUsersFileInSlices(text, pause), parseUsersFile(text))
    t.equal(pauses, text.length > 10 ? 2 : 0)
  }
})

t.test('the text that replaces a shown password is rejected', async t => {
  t.throws(() => checkPassword(HIDDEN_PASSWORD), { code: 'ERR_INVALID_ARG', message: /\(hidden\)/ })
})
