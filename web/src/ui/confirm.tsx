import { type ReactNode, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog'
import { Heading } from 'react-aria-components/Heading'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'
import { newOnceKey } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { Trouble } from './problem.tsx'

/**
 * Asks before an act that cannot be taken back. One opening of the dialog is one act: its key is made when it opens, so that
 * pressing again after a broken connection cannot act twice.
 */
export function Confirm(props: {
  label: string
  /** Says what is acted on, where several such buttons stand on a page. */
  accessibleLabel?: string
  tone?: 'danger' | 'primary' | 'plain'
  title: string
  body: ReactNode
  confirm: string
  act: (once: string) => Promise<void>
}) {
  const [isOpen, setOpen] = useState(false)
  const tone = { danger: 'button danger', primary: 'button primary', plain: 'button' }[props.tone ?? 'danger']
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={setOpen}>
      <Button className={tone} {...(props.accessibleLabel ? { 'aria-label': props.accessibleLabel } : {})}>
        {props.label}
      </Button>
      <ModalOverlay className="veil" isDismissable>
        <Modal className="dialog">
          <Dialog role="alertdialog">
            <Question {...props} close={() => setOpen(false)} />
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  )
}

function Question(props: Parameters<typeof Confirm>[0] & { close: () => void }) {
  const { t } = useSpeech()
  const [once] = useState(newOnceKey)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const act = async () => {
    setBusy(true)
    setError(undefined)
    try {
      await props.act(once)
      props.close()
    } catch (problem) {
      setError(problem)
      setBusy(false)
    }
  }
  return (
    <>
      <Heading slot="title" level={2}>
        {props.title}
      </Heading>
      {typeof props.body === 'string' ? <p>{props.body}</p> : props.body}
      {error !== undefined && <Trouble error={error} />}
      <div className="row">
        <Button className="button primary" isPending={busy} onPress={() => void act()}>
          {props.confirm}
        </Button>
        <Button className="button" slot="close" autoFocus>
          {t.shell.cancel}
        </Button>
      </div>
    </>
  )
}
