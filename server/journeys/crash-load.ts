import assert from 'node:assert/strict'
import type { Receipt } from '@bailee/contract'
import {
  base64Decode,
  base64Encode,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  verifyConsistency,
  verifyEd25519,
  verifyEntry,
  verifyMlDsa44,
  verifyReceipt,
} from '@bailee/proof'
import { testNotice } from '../testing.ts'

/** A provider under load that remembers what it was promised, and checks later whether it was true. */
export type Random = () => number

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: the members that are read are those whose presence is checked
  readonly json: any
}
interface Request {
  readonly body?: unknown
  readonly key?: string
  readonly once?: string
  readonly cookie?: string
}
/** One write with its Idempotency-Key: sent until somebody answers. */
interface Write {
  readonly kind: 'collect' | 'consent' | 'withdraw'
  readonly path: string
  readonly body: object
  readonly key: string
  answer?: Answer
}
interface Subject {
  person: string | undefined
  readonly writes: Write[]
  /** The write that nobody answered, if there is one: nothing more is sent for this person before it is. */
  uncertain: Write | undefined
  agreed: boolean
}
interface Kept {
  readonly person: string
  readonly receipt: Receipt
}

const people = 12

export class Load {
  readonly #url: string
  readonly #random: Random
  #key = ''
  #snapshot = ''
  #policy = ''
  #logKey: Uint8Array = new Uint8Array()
  #serial = 0
  readonly #subjects: Subject[] = []
  /** People at whom is only looked. */
  readonly #looked: string[] = []
  /** Receipts of this round, then of all rounds. */
  #fresh: Kept[] = []
  readonly #kept: Kept[] = []
  readonly #checkpoints = new Map<number, string>()
  #largest = 0
  #running = false
  readonly #remembered = new Map<string, boolean>()

  constructor(url: string, random: Random) {
    this.#url = url
    this.#random = random
  }
  get checkpoints(): number {
    return this.#checkpoints.size
  }
  get size(): number {
    return this.#largest
  }
  get promises(): number {
    return this.#kept.length
  }

  async #call(method: 'GET' | 'POST', path: string, options: Request = {}) {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(options.cookie ? { cookie: options.cookie } : { authorization: `Bearer ${options.key ?? this.#key}` }),
        'idempotency-key': options.once ?? this.#nextKey(),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      signal: AbortSignal.timeout(15_000),
    })
    const text = await response.text()
    return {
      status: response.status,
      json: text.startsWith('{') ? JSON.parse(text) : text,
      cookie: response.headers.getSetCookie()[0]?.split(';')[0],
    }
  }
  #nextKey() {
    return `crash-${process.pid}-${this.#serial++}-${Math.floor(this.#random() * 1e9)}`
  }
  async #good(method: 'GET' | 'POST', path: string, options: Request = {}) {
    const answer = await this.#call(method, path, options)
    assert.ok(answer.status < 300, `${path}: ${answer.status} ${JSON.stringify(answer.json)}`)
    return answer.json
  }

  async setUp(setupToken: string): Promise<void> {
    const name = { en: 'Crash Test Shop', zh: '崩溃测试商店' }
    const { key } = await this.#good('POST', '/v1/parties/setup', {
      body: { token: setupToken, organisation: { kind: 'provider', name }, client: { name: 'administrator' } },
    })
    const made = await this.#good('POST', '/v1/parties/clients', {
      key,
      body: {
        name: 'backend',
        abilities: ['publish', 'consent', 'collect', 'look', 'find', 'erase'],
        purposes: ['delivery', 'support'],
      },
    })
    this.#key = made.key
    const { notice } = await this.#good('POST', '/v1/notices', { body: testNotice })
    const { snapshot } = await this.#good('POST', '/v1/notices/snapshots', {
      body: { notice: notice.id, language: 'en' },
    })
    this.#snapshot = snapshot
    const status = await this.#good('GET', '/v1/ledger/status')
    this.#policy = status.policy
    this.#logKey = parseVerifierKey(status.vkeys[0]).publicKey
    for (let at = 0; at < people; at++)
      this.#subjects.push({ person: undefined, writes: [], uncertain: undefined, agreed: true })
    for (let at = 0; at < 4; at++) {
      const subject: Subject = { person: undefined, writes: [], uncertain: undefined, agreed: true }
      await this.#write(subject, this.#collect())
      this.#looked.push(subject.person!)
    }
  }

  #collect(): Write {
    const fields = { name: 'Invented Person', phone: `139${String(this.#serial).padStart(8, '0')}` }
    const body = { consent: { snapshot: this.#snapshot, purposes: ['delivery', 'support'] }, fields }
    return { kind: 'collect', path: '/v1/vault/collect', body, key: this.#nextKey() }
  }
  #nextWrite(subject: Subject): Write {
    if (subject.person === undefined) return this.#collect()
    const { person } = subject
    return subject.agreed
      ? {
          kind: 'withdraw',
          path: '/v1/notices/consents/withdraw',
          body: { person, purpose: 'support' },
          key: this.#nextKey(),
        }
      : {
          kind: 'consent',
          path: '/v1/notices/consents',
          body: { person, snapshot: this.#snapshot, purposes: ['support'] },
          key: this.#nextKey(),
        }
  }
  /** Throws when nobody answers; then the write is uncertain. */
  async #write(subject: Subject, write: Write): Promise<void> {
    subject.uncertain = write
    const answer = await this.#call('POST', write.path, { body: write.body, once: write.key })
    if (answer.status >= 500) throw new Error(`${write.path} ${answer.status}`)
    assert.ok(answer.status < 300, `${write.kind}: ${answer.status} ${JSON.stringify(answer.json)}`)
    subject.uncertain = undefined
    write.answer = answer
    subject.writes.push(write)
    subject.person ??= answer.json.person as string
    subject.agreed = write.kind !== 'withdraw'
    this.#fresh.push({ person: subject.person, receipt: answer.json.receipt })
  }
  async #look(): Promise<void> {
    const some = <T>(list: readonly T[]) => list[Math.floor(this.#random() * list.length)]!
    const refused = this.#random() < 0.1
    const person = some(this.#looked)
    const body = { person, purpose: 'support', fields: refused ? ['address'] : ['name', 'phone'] }
    const { status, json } = await this.#call('POST', '/v1/vault/look', { body })
    if (status >= 500) throw new Error(`look ${status}`)
    // A refused look has its receipt like any other.
    assert.equal(status, refused ? 403 : 200, JSON.stringify(json))
    assert.ok(json.receipt, 'every answered look has a receipt')
    this.#fresh.push({ person, receipt: json.receipt })
  }

  /** Works until the server stops answering. Resolves with how many acts were acknowledged. */
  async run(workers: number): Promise<number> {
    const before = this.#fresh.length
    this.#running = true
    const worker = async (number: number) => {
      const own = this.#subjects.filter((_, at) => at % workers === number)
      try {
        while (this.#running) {
          const subject = own[Math.floor(this.#random() * own.length)]
          if (subject && !subject.uncertain && this.#random() < 0.4)
            await this.#write(subject, this.#nextWrite(subject))
          else await this.#look()
        }
      } catch (error) {
        // Assertions are findings; anything else is the crash that we are waiting for.
        if (error instanceof assert.AssertionError) throw error
      }
    }
    const onlooker = async () => {
      try {
        while (this.#running) {
          await this.#seeCheckpoint()
          await new Promise((resolve) => setTimeout(resolve, 30))
        }
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error
      }
    }
    await Promise.all([...Array.from({ length: workers }, (_, number) => worker(number)), onlooker()])
    return this.#fresh.length - before
  }
  halt(): void {
    this.#running = false
  }

  /** Two roots for one size, ever, are a fork. */
  async #seeCheckpoint(): Promise<{ size: number; root: Uint8Array } | undefined> {
    const response = await fetch(`${this.#url}/ledger/checkpoint`, { signal: AbortSignal.timeout(5_000) })
    const text = await response.text()
    if (response.status !== 200) return undefined
    const checkpoint = parseCheckpoint(parseNote(text).text)
    const root = base64Encode(checkpoint.root)
    const before = this.#checkpoints.get(checkpoint.size)
    assert.ok(before === undefined || before === root, `a fork at size ${checkpoint.size}`)
    this.#checkpoints.set(checkpoint.size, root)
    this.#largest = Math.max(this.#largest, checkpoint.size)
    return checkpoint
  }

  /** Sends again what nobody answered, with the same key; then what was answered: no act happens twice. */
  async retry(): Promise<{ retried: number; replayed: number }> {
    let [retried, replayed] = [0, 0]
    for (const subject of this.#subjects) {
      if (!subject.uncertain) continue
      await this.#write(subject, subject.uncertain)
      retried++
    }
    for (const subject of this.#subjects)
      for (const write of subject.writes.slice(-2)) {
        const again = await this.#call('POST', write.path, { body: write.body, once: write.key })
        assert.equal(again.status, write.answer!.status)
        assert.equal(again.json.person, write.answer!.json.person)
        assert.equal(again.json.receipt.entry, write.answer!.json.receipt.entry, 'a replay promises the same entry')
        assert.equal(again.json.receipt.commitment, write.answer!.json.receipt.commitment)
        replayed++
      }
    return { retried, replayed }
  }

  /** Each promise is kept: the entry is proved by a stranger's means, and its body holds the receipt's commitment. */
  async checkPromises(old: number): Promise<number> {
    const fresh = this.#fresh
    this.#fresh = []
    this.#kept.push(...fresh)
    const sample = Array.from(
      { length: Math.min(old, this.#kept.length) },
      () => this.#kept[Math.floor(this.#random() * this.#kept.length)]!,
    )
    const checked = [...fresh, ...sample]
    await Promise.all(
      Array.from({ length: 6 }, async (_, lane) => {
        for (let at = lane; at < checked.length; at += 6) await this.#checkPromise(checked[at]!)
      }),
    )
    return checked.length
  }
  async #checkPromise({ person, receipt }: Kept): Promise<void> {
    assert.ok(
      verifyReceipt(receipt, (message, signature) => this.#once(verifyEd25519, this.#logKey, message, signature)),
    )
    const body = { person, entry: `ent_${receipt.entry.replaceAll('-', '')}` }
    const deadline = Date.now() + 20_000
    for (;;) {
      const { status, json } = await this.#call('POST', '/v1/ledger/proofs', { body })
      if ((status === 409 && json.code === 'entry_pending') || status === 503) {
        assert.ok(Date.now() < deadline, `the entry of a promise made at ${receipt.signedAt} is still pending`)
        await new Promise((resolve) => setTimeout(resolve, 50))
        continue
      }
      assert.equal(status, 200, `the entry of an acknowledged act is lost: ${JSON.stringify(json)}`)
      const { ok, steps } = verifyEntry({
        proofText: json.proof,
        leafBytes: base64Decode(json.leaf),
        disclosure: json.disclosure,
        policyText: this.#policy,
        checks: {
          ed25519: (key, message, signature) => this.#once(verifyEd25519, key, message, signature),
          mlDsa44: (key, message, signature) => this.#once(verifyMlDsa44, key, message, signature),
        },
      })
      assert.ok(ok, JSON.stringify(steps))
      const fields = Object.fromEntries(
        json.disclosure.disclosed.map((field: { name: string; value: unknown }) => [field.name, field.value]),
      )
      assert.equal(fields.commitment, receipt.commitment)
      assert.equal(fields.entry, receipt.entry)
      return
    }
  }
  /** Many proofs share a checkpoint: its signatures are checked once. */
  #once(
    check: (key: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean,
    ...given: [Uint8Array, Uint8Array, Uint8Array]
  ) {
    const name = given.map((bytes) => base64Encode(bytes)).join(' ')
    const known = this.#remembered.get(name) ?? check(...given)
    if (this.#remembered.size > 2000) this.#remembered.clear()
    this.#remembered.set(name, known)
    return known
  }

  /** Every checkpoint that was ever seen is a beginning of the present one. */
  async checkGrowth(most: number): Promise<number> {
    let present = await this.#seeCheckpoint()
    for (const deadline = Date.now() + 20_000; !present || present.size < this.#largest; ) {
      assert.ok(Date.now() < deadline, `a checkpoint of ${this.#largest} was seen, ${present?.size} is published`)
      await new Promise((resolve) => setTimeout(resolve, 50))
      present = await this.#seeCheckpoint()
    }
    const seen = [...this.#checkpoints].filter(([size]) => size > 0 && size <= present.size).slice(-most)
    for (const [size, root] of seen) {
      const { proof } = await this.#good('GET', `/v1/ledger/consistency?from=${size}&to=${present.size}`)
      assert.ok(
        verifyConsistency({
          size1: size,
          size2: present.size,
          root1: base64Decode(root),
          root2: present.root,
          proof: proof.map((hash: string) => base64Decode(hash)),
        }),
        `${size} to ${present.size}`,
      )
    }
    return seen.length
  }

  /** What the person reads is exactly what was done: each write once. */
  async checkNothingTwice(most: number): Promise<void> {
    const whole = this.#subjects.filter(({ person }) => person !== undefined)
    for (const { person, writes } of whole.sort(() => this.#random() - 0.5).slice(0, most)) {
      const { token } = await this.#good('POST', '/v1/parties/persons/access-links', { body: { person } })
      const session = await this.#call('POST', '/v1/parties/persons/sessions', { body: { token }, cookie: 'none=' })
      const kinds: string[] = []
      for (const deadline = Date.now() + 20_000; ; ) {
        kinds.length = 0
        for (let cursor: string | null = ''; cursor !== null; ) {
          const page = await this.#good('GET', `/v1/ledger/me/entries${cursor && `?cursor=${cursor}`}`, {
            cookie: session.cookie!,
          })
          kinds.push(...page.items.map((item: { kind: string }) => item.kind))
          cursor = page.next
        }
        // The sign-in of this very visit is the last to arrive.
        if (kinds[0] === 'sign-in' || Date.now() > deadline) break
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      assert.deepEqual(
        kinds.reverse().filter((kind) => ['collect', 'consent', 'withdraw'].includes(kind)),
        writes.map(({ kind }) => kind),
        `each write of ${person} happened once`,
      )
    }
  }
}
