import { Link } from '@tanstack/react-router'
import { useSpeech } from '../i18n/index.tsx'
import { Page } from '../ui/page.tsx'

export function PublicPage() {
  const { t } = useSpeech()
  return (
    <Page title={t.public.title} lead={t.public.lead}>
      <div className="cards">
        <Link to="/public/ledger" className="card">
          <strong>{t.ledger.title}</strong>
          <span>{t.public.ledgerCard}</span>
        </Link>
        <Link to="/public/notices" className="card">
          <strong>{t.notices.title}</strong>
          <span>{t.public.noticesCard}</span>
        </Link>
      </div>
    </Page>
  )
}
