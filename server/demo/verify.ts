import { ledger, vault } from '@bailee/contract'
import {
  base64Decode,
  base64Encode,
  decodeLeaf,
  decodeSealedLeaf,
  equalBytes,
  Frontier,
  formatTlogProof,
  type Hash,
  hashLeaf,
  isSealedLeaf,
  joinHashes,
  nextKey,
  ProofError,
  type PublicLeaf,
  parseTlogProof,
  receiptVerifier,
  TagIndex,
  tagOf,
  verifyAbsence,
  verifyConsistency,
  verifyEntry,
  verifyReceipt,
} from '@bailee/proof'
import { BaileeError, type ReplyOf } from '@bailee/sdk'
import { type Act, type Certificate, type Diary, inParallel, type Member } from './day.ts'
import type { Outsider, PersonCall, Seen } from './outsider.ts'

/** What an outsider found to be true, in words and figures. */
export interface Found {
  readonly promise: 1 | 2 | 3 | 4 | 5 | 'rights' | 'tampering'
  readonly en: string
  readonly zh: string
}
/** A promise that does not hold. */
export class Broken extends Error {
  override readonly name = 'Broken'
}
export function insist(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Broken(what)
}

type EntryProof = ReplyOf<'proveEntry'>
/** A proof as somebody keeps it, with the receipt that it answers. */
export interface KeptProof {
  readonly act: Act
  readonly proof: EntryProof
}

/** Everything that the log says at one checkpoint, read from static files and rebuilt. */
export interface Book {
  readonly seen: Seen
  readonly leaves: readonly Uint8Array[]
}
export interface Epoch {
  readonly epoch: number
  readonly endIndex: number
  readonly index: TagIndex
  readonly root: Hash
}

export const readBook = async (outsider: Outsider, seen: Seen): Promise<Book> => ({
  seen,
  leaves: await outsider.leaves(seen.checkpoint.size),
})

/** Promise 1. `after` is what happened to the looks that followed a withdrawal. */
export function consentIsTheKey(after: {
  readonly destroyed: number
  readonly help: string | undefined
  readonly delivery: string | undefined
}): Found {
  insist(after.destroyed > 0, 'withdrawing destroyed no wrapped key')
  insist(after.help === 'grant_missing', `after the withdrawal the look answered ${after.help ?? 'with the data'}`)
  insist(after.delivery === undefined, `the other purpose was refused too: ${after.delivery}`)
  return {
    promise: 1,
    en: `withdrawn: ${after.destroyed} key destroyed, then ${after.help}; delivery still opens`,
    zh: `撤回后销毁 ${after.destroyed} 个密钥，再查看即被拒；配送目的仍可开启`,
  }
}

const entryIdOf = (act: Act) => `ent_${act.receipt.entry.replaceAll('-', '')}`
const shown = (proof: EntryProof, name: string): unknown =>
  (proof.disclosure as { disclosed: readonly { name: string; value: unknown }[] }).disclosed.find(
    (field) => field.name === name,
  )?.value

/** The organisation that made an entry asks for its proof. A fresh entry is asked for again until it is sequenced. */
export async function fetchProof(act: Act): Promise<EntryProof> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await act.provider.website.call('proveEntry', { body: { person: act.person, entry: entryIdOf(act) } })
    } catch (error) {
      const early = error instanceof BaileeError && ['entry_pending', 'entry_unknown'].includes(error.code)
      if (!early || attempt === 50) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

/** One act: its receipt, its leaf as the public bundles have it, its inclusion, its body, and the kept promise in it. */
function judgeAct(outsider: Outsider, book: Book, { act, proof }: KeptProof): void {
  const entry = entryIdOf(act)
  insist(verifyReceipt(act.receipt, receiptVerifier(outsider.receiptKey)), `the receipt of ${entry} does not verify`)
  const leafBytes = book.leaves[proof.index]
  insist(leafBytes !== undefined, `${entry} is said to be at ${proof.index}, beyond the log`)
  insist(base64Encode(leafBytes) === proof.leaf, `${entry} is not the leaf that the bundles hold at ${proof.index}`)
  const { ok, steps } = verifyEntry({
    proofText: proof.proof,
    leafBytes,
    disclosure: proof.disclosure,
    policyText: outsider.policyText,
    now: Date.now() / 1000,
    checks: outsider.checks,
  })
  const wrong = steps.filter((step) => !step.ok).map(({ id, detail }) => `${id}: ${detail}`)
  insist(ok, `${entry}: ${wrong.join('; ')}`)
  insist(shown(proof, 'entry') === act.receipt.entry, `${entry}: the body is of another entry`)
  insist(shown(proof, 'commitment') === act.receipt.commitment, `${entry}: the body keeps another promise`)
  const outcome = act.refused === undefined ? 'opened' : `refused: ${act.refused}`
  if (act.what === 'look') insist(shown(proof, 'outcome') === outcome, `${entry}: the outcome logged is not ${outcome}`)
}

/** Promise 2. `kept` are the proofs that were fetched before somebody's entries were erased. */
export async function noLookWithoutATrace(
  outsider: Outsider,
  book: Book,
  diary: Diary,
  proofs: readonly KeptProof[],
  erased: string,
): Promise<Found[]> {
  for (const kept of proofs) judgeAct(outsider, book, kept)
  const looks = proofs.filter(({ act }) => act.what === 'look')
  const refused = looks.filter(({ act }) => act.refused !== undefined).length
  const sealed = book.leaves.filter(isSealedLeaf).length
  const expected = diary.acts.length + diary.others
  const silent = diary.untraced.filter(({ person }) => person !== erased)
  insist(silent.length === 0, `${silent.length} refused looks left no trace: ${silent[0]?.code}`)
  insist(sealed === expected, `the log has ${sealed} sealed leaves, ${expected} acts were answered`)
  insist(new Set(proofs.map(({ proof }) => proof.index)).size === proofs.length, 'two entries share a leaf')
  return [
    {
      promise: 2,
      en: `${looks.length} looks, ${refused} refused: every receipt, leaf, path and body verified`,
      zh: `${looks.length} 次查看（${refused} 次被拒）：回执、叶子、路径、内容均已核验`,
    },
    {
      promise: 2,
      en: `${proofs.length} acts; ${sealed} sealed leaves in the log, one for each answer, no more`,
      zh: `${proofs.length} 项操作；${sealed} 个密封叶子与应答一一对应`,
    },
  ]
}

/** Promise 3. */
export async function anyoneCanCheck(outsider: Outsider, early: Seen, book: Book): Promise<Found[]> {
  const { seen, leaves } = book
  for (const { ed25519, mlDsa44, checkpoint } of [early, seen]) {
    insist(ed25519 === 1, `no Ed25519 signature at size ${checkpoint.size}`)
    insist(mlDsa44 === 1, `no ML-DSA-44 signature at size ${checkpoint.size}`)
  }
  insist(outsider.hasQuorum(early) && outsider.hasQuorum(seen), 'no quorum of witnesses')
  const [older, newer] = [early.checkpoint, seen.checkpoint]
  insist(newer.size > older.size, 'the log did not grow')
  const proof = await outsider.tiles(newer.size).consistencyProof(older.size)
  insist(
    verifyConsistency({ size1: older.size, size2: newer.size, root1: older.root, root2: newer.root, proof }),
    `the log of ${newer.size} is no continuation of that of ${older.size}`,
  )
  const rebuilt = Frontier.empty()
  rebuilt.append(joinHashes(leaves.slice(0, older.size).map(hashLeaf)))
  insist(equalBytes(rebuilt.root(), older.root), `the bundles do not make the root of size ${older.size}`)
  rebuilt.append(joinHashes(leaves.slice(older.size).map(hashLeaf)))
  insist(equalBytes(rebuilt.root(), newer.root), `the bundles do not make the root of size ${newer.size}`)
  return [
    {
      promise: 3,
      en: `checkpoints ${older.size} and ${newer.size}: Ed25519, ML-DSA-44, ${seen.witnesses.length} witness signatures`,
      zh: `检查点 ${older.size} 与 ${newer.size}：Ed25519、ML-DSA-44 和见证方签名有效`,
    },
    {
      promise: 3,
      en: `${older.size} -> ${newer.size} only grew (${proof.length} hashes); ${leaves.length} leaves rebuilt to the root`,
      zh: `账本只增不改（${proof.length} 个哈希）；${leaves.length} 个叶子重建后与签名根一致`,
    },
  ]
}

/** Promise 4. `kept` are proofs from before the erasure, `others` people whose proofs must live on. */
export async function forgettingIsReal(
  outsider: Outsider,
  book: Book,
  erased: {
    readonly certificate: Certificate
    readonly session: PersonCall
    readonly kept: readonly KeptProof[]
    /** Of other people, fetched and verified after the erasure. */
    readonly alive: number
    readonly found: number
    readonly looked: string | undefined
    /** Whether that refusal was logged. */
    readonly isTraced: boolean
  },
): Promise<Found[]> {
  const { certificate, session, kept, alive, found, looked } = erased
  insist(looked !== undefined, 'a look still opens after the erasure')
  insist(found === 0, 'the erased person is still found by phone')
  for (const { act } of kept) {
    const code = await codeOf(() =>
      act.provider.website.call('proveEntry', { body: { person: act.person, entry: entryIdOf(act) } }),
    )
    insist(code === 'entry_unknown', `an entry of the erased person still opens (${code ?? 'opened'})`)
  }
  const list = await session(ledger.myEntries).then(
    ({ items }) => `${items.length} entries`,
    (error: unknown) => (error instanceof BaileeError ? error.code : String(error)),
  )
  insist(['0 entries', 'credentials_invalid', 'person_erased'].includes(list), `their own list answers ${list}`)
  const mine = await codeOf(() => session(vault.mine, { body: {} }))
  insist(mine !== undefined, 'their data still opens')
  // What somebody kept is not taken back: the tree still holds the leaf that it proves.
  for (const one of kept) judgeAct(outsider, book, one)
  const leaf = publicLeaves(book).find(({ leaf: { type } }) => type === 'erasure')?.leaf
  insist(typeof leaf?.entries === 'number' && leaf.entries > 0, 'the log does not say that something was erased')
  insist(verifyReceipt(certificate.receipt, receiptVerifier(outsider.receiptKey)), 'the certificate has no receipt')
  const trace = erased.isTraced ? '' : ', no entry'
  return [
    {
      promise: 4,
      en: `${certificate.keys} keys, ${certificate.drawers} drawers gone; look refused (${looked}${trace}), not found`,
      zh: `销毁 ${certificate.keys} 个密钥、${certificate.drawers} 个抽屉；查看被拒，检索不到`,
    },
    {
      promise: 4,
      en: `${leaf.entries} entries open for nobody; ${kept.length} kept proofs and ${alive} of others verify`,
      zh: `${leaf.entries} 个条目无人可开启；留存的 ${kept.length} 份和他人的 ${alive} 份证明依然成立`,
    },
  ]
}

/** Promise 5. `start` is what the person noted down when they first came: the key of their chain at that time. */
export async function watchersAreWatched(
  outsider: Outsider,
  book: Book,
  epochs: readonly Epoch[],
  diary: Diary,
  watched: {
    readonly member: Member
    readonly session: PersonCall
    readonly start: { readonly n: number; readonly key: string }
    readonly nightClient: string
    /** Links and sign-ins, which bear no receipt. */
    readonly others: number
  },
): Promise<Found[]> {
  const { member, session, start, nightClient } = watched
  const entries = await everyEntry(session)
  const acts = diary.acts.filter(({ person }) => person === member.person)
  for (const act of acts)
    insist(
      entries.some(({ entry }) => entry === entryIdOf(act)),
      `the person does not see ${entryIdOf(act)}`,
    )
  insist(
    entries.length === acts.length + watched.others,
    `${entries.length} entries, ${acts.length + watched.others} acts`,
  )
  const actors = entries.map(({ fields }) => (fields.actor as { kind?: string; id?: string } | undefined)?.id)
  insist(!actors.includes(undefined), 'an entry names no actor')
  insist(actors.includes(nightClient), 'the night look is missing, or bears another name')
  const registered = publicLeaves(book).find(
    ({ leaf }) => leaf.type === 'client-registered' && leaf.client === nightClient,
  )
  insist(registered !== undefined, 'the key that looked at night is not in the public log')

  const monitor = await session(ledger.myMonitor, { body: {} })
  insist(monitor.n === entries.length, `the chain has ${monitor.n} links, the list ${entries.length} entries`)
  const indexOf = new Map(monitor.tags.map(({ n, tag, index }) => [n, { tag, index }]))
  let key = base64Decode(start.key)
  for (let n = 0; n < monitor.n; n++) {
    const told = indexOf.get(n)
    const leaf = told && book.leaves[told.index]
    insist(leaf !== undefined, `tag ${n} is in no leaf`)
    const { tag } = decodeSealedLeaf(leaf)
    insist(base64Encode(tag) === told?.tag, `tag ${n} is not in leaf ${told?.index}`)
    if (n < start.n) continue
    // From here on the person computes the tags for themselves.
    insist(equalBytes(tagOf(key), tag), `tag ${n} is not the one that the person's own key makes`)
    key = nextKey(key)
  }
  insist(equalBytes(key, base64Decode(monitor.key)), 'the chain does not continue the key that the person noted down')

  const next = tagOf(key)
  const last = Math.max(...monitor.tags.map(({ index }) => index))
  const covering = epochs.at(-1)
  insist(covering !== undefined && covering.endIndex > last, 'no closed epoch covers the last entry')
  const holding = monitor.tags.map(({ tag }) => epochs.flatMap(({ index }) => index.proveTag(base64Decode(tag))).length)
  insist(
    holding.every((times) => times === 1),
    'a tag of the person is not in exactly one closed epoch',
  )
  for (const { epoch, index, root } of epochs)
    insist(
      verifyAbsence(index.proveAbsence(next), next, { size: index.size, root }),
      `tag ${monitor.n} in epoch ${epoch}`,
    )
  await absentByBucket(outsider, covering, next)
  const pairs = epochs.reduce((sum, { index }) => sum + index.size, 0)
  return [
    {
      promise: 5,
      en: `own list: ${entries.length} entries of ${acts.length + watched.others}, each with its actor, the night key included`,
      zh: `本人清单 ${entries.length} 条全部可见且写明操作者，包括夜间密钥`,
    },
    {
      promise: 5,
      en: `tags 0..${monitor.n - 1} are in the log, ${monitor.n - start.n} recomputed from the person's own key`,
      zh: `标签 0..${monitor.n - 1} 均在账本中，${monitor.n - start.n} 个由本人密钥重新算出`,
    },
    {
      promise: 5,
      en: `tag ${monitor.n} is in none of ${epochs.length} closed epochs (${pairs} tags, indexes rebuilt)`,
      zh: `标签 ${monitor.n} 不在 ${epochs.length} 个已关闭时期的 ${pairs} 个标签之中`,
    },
  ]
}

/** As a phone would ask: for all tags with two hex digits, so that the server does not learn which one was meant. */
async function absentByBucket(outsider: Outsider, { epoch, root, index }: Epoch, tag: Uint8Array): Promise<void> {
  const hex = Buffer.from(tag).toString('hex')
  const response = await fetch(`${outsider.url}/v1/ledger/epochs/${epoch}/buckets/${hex.slice(0, 2)}`)
  const { proofs } = (await response.json()) as ReplyOf<typeof ledger.epochBucket>
  const order = (proof: { tag: string }) => Buffer.compare(base64Decode(proof.tag), tag)
  const before = proofs.filter((proof) => order(proof) < 0).at(-1)
  const after = proofs.find((proof) => order(proof) > 0)
  const absence = { ...(before ? { before } : {}), ...(after ? { after } : {}) }
  insist(verifyAbsence(absence, tag, { size: index.size, root }), "the server's own absence proof does not verify")
}

/** A changed bit is noticed, wherever it is. */
export function tamperingIsNoticed(outsider: Outsider, book: Book, { act, proof }: KeptProof): Found {
  const leafBytes = book.leaves[proof.index]!
  const holds = (changes: { leafBytes?: Uint8Array; proofText?: string; disclosure?: unknown }) =>
    verifyEntry({
      leafBytes,
      proofText: proof.proof,
      disclosure: proof.disclosure,
      policyText: outsider.policyText,
      checks: outsider.checks,
      ...changes,
    }).ok
  const receiptHolds = (receipt: unknown) => verifyReceipt(receipt, receiptVerifier(outsider.receiptKey))
  insist(holds({}) && receiptHolds(act.receipt), 'the unchanged entry does not verify')
  let bits = 0
  for (let at = 0; at < leafBytes.length * 8; at++, bits++)
    insist(!holds({ leafBytes: flipped(leafBytes, at) }), `a leaf with bit ${at} flipped still verifies`)
  const parsed = parseTlogProof(proof.proof)
  for (const [place, hash] of parsed.path.entries()) {
    const path = parsed.path.with(place, flipped(hash, 0))
    insist(!holds({ proofText: formatTlogProof({ ...parsed, path }) }), `a changed hash ${place} still verifies`)
    bits++
  }
  // A copy of plain JSON, to be written to.
  const disclosure = structuredClone(proof.disclosure) as unknown as { disclosed: { name: string; value: unknown }[] }
  disclosure.disclosed.find(({ name }) => name === 'outcome')!.value = 'nothing happened'
  insist(!holds({ disclosure }), 'a rewritten outcome still verifies')
  const forged = book.seen.note.replace(`\n${book.seen.checkpoint.size}\n`, `\n${book.seen.checkpoint.size + 1}\n`)
  insist(!opens(outsider, forged), 'a checkpoint of another size still opens')
  for (const member of ['commitment', 'signature'] as const) {
    const bytes = base64Decode(act.receipt[member])
    for (let at = 0; at < bytes.length * 8; at += 37, bits++)
      insist(
        !receiptHolds({ ...act.receipt, [member]: base64Encode(flipped(bytes, at)) }),
        `a receipt with bit ${at} of its ${member} flipped still verifies`,
      )
  }
  return {
    promise: 'tampering',
    en: `${bits} flipped bits (leaf, path, receipt), a new outcome: all noticed`,
    zh: `翻转 ${bits} 个比特（叶子、路径、回执）并改写结果：全部被发现`,
  }
}

/** The closed epochs, as the public leaves tell of them, each with its tag index rebuilt from the leaves. */
export function rebuildEpochs(book: Book): Epoch[] {
  const epochs: Epoch[] = []
  let start = 0
  for (const { index: at, leaf } of publicLeaves(book)) {
    if (leaf.type !== 'epoch-close') continue
    const { epoch, firstIndex, endIndex, tags, root } = leaf as PublicLeaf &
      Record<'epoch' | 'firstIndex' | 'endIndex' | 'tags', number>
    insist(firstIndex === start && endIndex <= at, `epoch ${epoch} does not begin where the last one ended`)
    const pairs = book.leaves
      .slice(firstIndex, endIndex)
      .flatMap((bytes, place) =>
        isSealedLeaf(bytes) ? [{ tag: decodeSealedLeaf(bytes).tag, index: firstIndex + place }] : [],
      )
    const index = new TagIndex(pairs)
    insist(index.size === tags, `epoch ${epoch} has ${index.size} tags, its leaf says ${tags}`)
    insist(base64Encode(index.root()) === root, `the tag index of epoch ${epoch} is not what its leaves make`)
    epochs.push({ epoch, endIndex, index, root: index.root() })
    start = endIndex
  }
  return epochs
}

function publicLeaves({ leaves }: Book): { readonly index: number; readonly leaf: PublicLeaf }[] {
  return leaves.flatMap((bytes, index) => {
    const decoded = decodeLeaf(bytes)
    return decoded.kind === 'public' ? [{ index, leaf: decoded.leaf }] : []
  })
}

async function everyEntry(session: PersonCall) {
  const entries: ReplyOf<typeof ledger.myEntries>['items'][number][] = []
  let cursor: string | null = null
  do {
    const page: ReplyOf<typeof ledger.myEntries> = await session(ledger.myEntries, { query: cursor ? { cursor } : {} })
    entries.push(...page.items)
    cursor = page.next
  } while (cursor !== null)
  return entries
}

async function codeOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof BaileeError) return error.code
    throw error
  }
}

function opens(outsider: Outsider, note: string): boolean {
  try {
    outsider.open(note)
    return true
  } catch (error) {
    if (error instanceof ProofError) return false
    throw error
  }
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice()
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}

/** Proofs of all these acts, fetched as the organisations that made them. */
export async function fetchProofs(acts: readonly Act[], onProgress: (done: number) => void): Promise<KeptProof[]> {
  const kept: KeptProof[] = []
  await inParallel(acts, async (act) => {
    kept.push({ act, proof: await fetchProof(act) })
    onProgress(kept.length)
  })
  return kept
}
