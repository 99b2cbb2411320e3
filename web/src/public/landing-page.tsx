import { Link } from '@tanstack/react-router'
import { useSpeech } from '../i18n/index.tsx'
import { useLedgerStatus } from '../ledger/queries.ts'
import { useSession } from '../session.ts'
import { Seal } from '../ui/icons.tsx'
import { Box, Page, Section } from '../ui/page.tsx'
import './landing.css'

/** What Bailee is, in plain words, and where to go. */
export function LandingPage() {
  const { t } = useSpeech()
  const status = useLedgerStatus(15_000)
  const session = useSession()
  return (
    <div className="landing">
      <Page title={t.landing.title} lead={t.landing.lead}>
        {session.data?.setupNeeded && <Box tone="warn">{t.landing.setupNeeded}</Box>}
        {status.data && (
          <p className="live">
            <Seal />
            <span>
              <strong className="tabular">{t.landing.liveEntries(status.data.size)}</strong>{' '}
              {t.landing.liveFrom(status.data.origin)}
              <br />
              <Link to="/public/ledger">{t.landing.liveLink}</Link>
            </span>
          </p>
        )}
        <Section title={t.landing.facesTitle}>
          <div className="cards two">
            <Link to="/person" className="card">
              <strong>{t.shell.person}</strong>
              <span>{t.landing.personCard}</span>
            </Link>
            <Link to="/public" className="card">
              <strong>{t.shell.public}</strong>
              <span>{t.landing.publicCard}</span>
            </Link>
            <Link to="/provider" className="card">
              <strong>{t.shell.provider}</strong>
              <span>{t.landing.providerCard}</span>
            </Link>
            <Link to="/authority" className="card">
              <strong>{t.shell.authority}</strong>
              <span>{t.landing.authorityCard}</span>
            </Link>
          </div>
        </Section>
        <Section title={t.landing.promisesTitle}>
          <ol className="promises">
            {t.landing.promises.map(({ title, body }) => (
              <li key={title}>
                <h3>{title}</h3>
                <p>{body}</p>
              </li>
            ))}
          </ol>
        </Section>
      </Page>
    </div>
  )
}
