import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { call } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { StepsView } from '../ledger/steps-view.tsx'
import { useFormat } from '../ui/format.ts'
import { Hash } from '../ui/hash.tsx'
import { Facts, Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'

/** Any leaf with its proof: public ones in full, sealed ones as far as anybody can see. */
export function LookupSection({ size, policy }: { size: number; policy: string }) {
  const { t } = useSpeech()
  const [index, setIndex] = useState<number>()
  const found = useQuery({
    queryKey: ['leaf', index, policy],
    enabled: index !== undefined,
    retry: false,
    queryFn: async () => {
      const wanted = index ?? 0
      const [answer, { readLeaf }, { checkLeaf }] = await Promise.all([
        call('proveIndex', { params: { index: wanted } }),
        import('../ledger/read-leaf.ts'),
        import('../ledger/check.ts'),
      ])
      return { leaf: readLeaf(answer.leaf), checked: checkLeaf(answer, wanted, policy), answer }
    },
  })
  const look = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const value = Number(new FormData(event.currentTarget).get('index'))
    if (Number.isSafeInteger(value) && value >= 0) setIndex(value)
  }
  return (
    <Section title={t.ledger.lookup.title}>
      <form className="lookup" onSubmit={look}>
        <div className="field">
          <label htmlFor="lookup-index">{t.ledger.lookup.label}</label>
          <input
            id="lookup-index"
            name="index"
            type="number"
            inputMode="numeric"
            min={0}
            max={Math.max(0, size - 1)}
            required
            key={index}
            defaultValue={index ?? Math.max(0, size - 1)}
            aria-describedby="lookup-help"
          />
          <p id="lookup-help" className="help">
            {t.ledger.lookup.help(size)}
          </p>
        </div>
        <Button className="button primary" type="submit">
          {t.ledger.lookup.button}
        </Button>
      </form>
      <div aria-live="polite" className="stack">
        {found.isFetching && !found.data && <Waiting />}
        {found.isError && <Trouble error={found.error} />}
        {found.data && index !== undefined && (
          <article className="stack" data-index={index}>
            <div className="row">
              <Button className="button" isDisabled={index === 0} onPress={() => setIndex(index - 1)}>
                {t.ledger.lookup.previous}
              </Button>
              <Button className="button" isDisabled={index >= size - 1} onPress={() => setIndex(index + 1)}>
                {t.ledger.lookup.next}
              </Button>
            </div>
            <LeafView leaf={found.data.leaf} />
            <StepsView
              checked={found.data.checked}
              files={{
                proof: found.data.answer.proof,
                opening: `${JSON.stringify({ leaf: found.data.answer.leaf }, null, 2)}\n`,
                name: `bailee-leaf-${index}`,
              }}
            />
          </article>
        )}
      </div>
    </Section>
  )
}

function LeafView({ leaf }: { leaf: import('../ledger/read-leaf.ts').ReadLeaf }) {
  const { t } = useSpeech()
  const format = useFormat()
  if (leaf.kind === 'unreadable') return <p>{t.ledger.lookup.unreadable}</p>
  if (leaf.kind === 'public')
    return (
      <div className="stack-tight">
        <h3>{t.ledger.lookup.publicTitle(leaf.type)}</h3>
        <p className="soft">{t.ledger.lookup.public}</p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <pre tabIndex={0}>{leaf.json}</pre>
      </div>
    )
  const hash = (value: string, what: string) => ({ term: what, value: <Hash value={value} what={what} /> })
  return (
    <div className="stack-tight">
      <h3>{t.ledger.lookup.sealedTitle}</h3>
      <p className="soft">{t.ledger.lookup.sealed}</p>
      <Facts
        facts={[
          {
            term: t.ledger.lookup.minute,
            value: `${format.day(leaf.bucketSeconds * 1000)} ${format.minute(leaf.bucketSeconds * 1000)}`,
          },
          hash(leaf.tag, t.ledger.lookup.tag),
          hash(leaf.bodyRoot, t.ledger.lookup.bodyRoot),
          hash(leaf.copyHash, t.ledger.lookup.copyHash),
        ]}
      />
    </div>
  )
}
