// c2sp.org/tlog-policy: which logs one believes, and which witnesses must have cosigned.
import { base64Encode, equalBytes, parseDecimal, utf8Decode } from './bytes.ts'
import { type SignatureChecks, verifierFor } from './cosignature.ts'
import { ProofError, underCode } from './errors.ts'
import { parseVerifierKey, signatureType, type Verifier, type VerifierKey } from './note.ts'

export type PolicyLog = { readonly key: VerifierKey; readonly url?: string }
export type PolicyWitness = { readonly name: string; readonly key: VerifierKey; readonly url?: string }
export type PolicyGroup = { readonly name: string; readonly threshold: number; readonly members: readonly string[] }

export type Policy = {
  readonly logs: readonly PolicyLog[]
  readonly witnesses: readonly PolicyWitness[]
  readonly groups: readonly PolicyGroup[]
  /** The name of a witness or group, or `none`. */
  readonly quorum: string
}

const logTypes = [signatureType.ed25519, signatureType.mlDsa44Cosignature]
const witnessTypes = [signatureType.ed25519Cosignature, signatureType.mlDsa44Cosignature]
const maxLines = 4096
const maxDefinitions = 1024

/** Throws `malformed_policy`. Names are compared as they stand: the text must be UTF-8. */
export function parsePolicy(input: Uint8Array | string): Policy {
  return underCode('malformed_policy', 'policy', () => {
    const text = typeof input === 'string' ? input : utf8Decode(input)
    const logs: PolicyLog[] = []
    const witnesses: PolicyWitness[] = []
    const groups: PolicyGroup[] = []
    const free = new Set<string>()
    const defined = new Set<string>(['none'])
    const logKeys = new Set<string>()
    const witnessKeys = new Set<string>()
    let quorum: string | undefined

    const define = (name: string): void => {
      if (defined.has(name)) throw new ProofError('malformed_policy', 'a name that is defined twice')
      if (defined.size > maxDefinitions) throw new ProofError('malformed_policy', 'too many definitions')
      defined.add(name)
      free.add(name)
    }

    const lines = text.split('\n')
    if (lines.pop() !== '') throw new ProofError('malformed_policy', 'the last line does not end')
    if (lines.length > maxLines) throw new ProofError('malformed_policy', 'too many lines')
    for (const line of lines) {
      if (!line.isWellFormed() || hasForbiddenCharacter(line)) {
        throw new ProofError('malformed_policy', 'a control character')
      }
      const words = line.split(/[ \t]+/).filter((word) => word !== '')
      const [verb, ...rest] = words
      if (verb === undefined || verb.startsWith('#')) continue
      switch (verb) {
        case 'log': {
          const [vkey, url, ...more] = rest
          if (vkey === undefined || more.length > 0) throw new ProofError('malformed_policy', 'log <vkey> [<url>]')
          const key = parseKey(vkey, logTypes)
          claimKey(logKeys, key)
          logs.push(url === undefined ? { key } : { key, url })
          if (logs.length > maxDefinitions) throw new ProofError('malformed_policy', 'too many logs')
          break
        }
        case 'witness': {
          const [name, vkey, url, ...more] = rest
          if (name === undefined || vkey === undefined || more.length > 0) {
            throw new ProofError('malformed_policy', 'witness <name> <vkey> [<url>]')
          }
          const key = parseKey(vkey, witnessTypes)
          claimKey(witnessKeys, key)
          define(name)
          witnesses.push(url === undefined ? { name, key } : { name, key, url })
          break
        }
        case 'group': {
          const [name, rule, ...members] = rest
          if (name === undefined || rule === undefined || members.length === 0) {
            throw new ProofError('malformed_policy', 'group <name> all|any|<k> <name>...')
          }
          for (const member of members) {
            // Each name counts in one place only, so that no witness is counted twice.
            if (!free.delete(member)) {
              throw new ProofError('malformed_policy', 'a group member that is not defined, or is a member already')
            }
          }
          define(name)
          const threshold = rule === 'all' ? members.length : rule === 'any' ? 1 : parseDecimal(rule)
          if (threshold < 1 || threshold > members.length) throw new ProofError('malformed_policy', 'no such threshold')
          groups.push({ name, threshold, members })
          break
        }
        case 'quorum': {
          const [name, ...more] = rest
          if (name === undefined || more.length > 0) throw new ProofError('malformed_policy', 'quorum <name>')
          if (quorum !== undefined) throw new ProofError('malformed_policy', 'a second quorum')
          if (!defined.has(name)) throw new ProofError('malformed_policy', 'a quorum that is not defined')
          quorum = name
          break
        }
        default:
          throw new ProofError('malformed_policy', 'an unknown kind of line')
      }
    }
    if (quorum === undefined) throw new ProofError('malformed_policy', 'no quorum')
    return { logs, witnesses, groups, quorum }
  })
}

/** A key must fit its role: a log's plain signature says nothing of when, a cosignature always does. */
function parseKey(vkey: string, types: readonly number[]): VerifierKey {
  const key = parseVerifierKey(vkey)
  if (!types.includes(key.type)) throw new ProofError('malformed_policy', `a key of type ${key.type} in this place`)
  verifierFor(key)
  return key
}

function claimKey(keys: Set<string>, key: VerifierKey): void {
  const text = base64Encode(key.publicKey)
  if (keys.has(text)) throw new ProofError('malformed_policy', 'a key that is listed twice')
  keys.add(text)
}

function hasForbiddenCharacter(line: string): boolean {
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i)
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true
  }
  return false
}

/** The name of a witness in this policy, if the verifier is one of its. */
export function witnessOf(policy: Policy, key: Pick<VerifierKey, 'name' | 'keyId'>): PolicyWitness | undefined {
  return policy.witnesses.find((one) => one.key.name === key.name && equalBytes(one.key.keyId, key.keyId))
}

/** `cosigners` are names of witnesses as the policy gives them; unknown ones count for nothing. */
export function quorumReached(policy: Policy, cosigners: Iterable<string>): boolean {
  const known = new Set(policy.witnesses.map(({ name }) => name))
  const reached = new Set([...cosigners].filter((name) => known.has(name)))
  // Members are defined before their group, so one pass settles groups of groups.
  for (const { name, threshold, members } of policy.groups) {
    if (members.filter((member) => reached.has(member)).length >= threshold) reached.add(name)
  }
  return policy.quorum === 'none' || reached.has(policy.quorum)
}

export type PolicyVerifiers = {
  /** Keys of the log with this origin that sign the note text (0x01). */
  readonly log: readonly Verifier[]
  /** Its keys that sign as a cosigner of itself (0x06): the post-quantum signature. */
  readonly logPostQuantum: readonly Verifier[]
  readonly witnesses: readonly Verifier[]
}

/** Verifiers for the log with this origin, which in a policy is the name of its key, and for all witnesses. */
export function policyVerifiers(policy: Policy, origin: string, checks: SignatureChecks = {}): PolicyVerifiers {
  const logs = policy.logs.filter(({ key }) => key.name === origin).map(({ key }) => verifierFor(key, checks))
  return {
    log: logs.filter(({ type }) => type === signatureType.ed25519),
    logPostQuantum: logs.filter(({ type }) => type === signatureType.mlDsa44Cosignature),
    witnesses: policy.witnesses.map(({ key }) => verifierFor(key, checks)),
  }
}
