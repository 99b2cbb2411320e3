import { useId } from 'react'
import { Checkbox } from 'react-aria-components/Checkbox'
import { CheckboxGroup } from 'react-aria-components/CheckboxGroup'
import { FieldError } from 'react-aria-components/FieldError'
import { Input } from 'react-aria-components/Input'
import { Label } from 'react-aria-components/Label'
import { Text } from 'react-aria-components/Text'
import { TextArea } from 'react-aria-components/TextArea'
import { TextField } from 'react-aria-components/TextField'
import { Icon } from './icons.tsx'

/** One line of text with its label, its help and, when it is wrong, why. */
export function Field(props: {
  label: string
  value: string
  onChange: (value: string) => void
  help?: string
  required?: boolean
  minLength?: number
  maxLength?: number
  pattern?: string
  autoComplete?: string
}) {
  return (
    <TextField
      className="field"
      value={props.value}
      onChange={props.onChange}
      isRequired={props.required ?? true}
      minLength={props.minLength ?? 1}
      maxLength={props.maxLength ?? 80}
      autoComplete={props.autoComplete ?? 'off'}
      {...(props.pattern === undefined ? {} : { pattern: props.pattern })}
    >
      <Label>{props.label}</Label>
      <Input />
      {props.help && (
        <Text slot="description" className="help">
          {props.help}
        </Text>
      )}
      <FieldError className="error" />
    </TextField>
  )
}

/** Several of a few. */
export function Choices(props: {
  label: string
  options: readonly { readonly id: string; readonly title: string }[]
  value: readonly string[]
  onChange: (value: string[]) => void
}) {
  const id = useId()
  return (
    <CheckboxGroup className="group" value={[...props.value]} onChange={props.onChange} aria-labelledby={id}>
      <span className="label" id={id}>
        {props.label}
      </span>
      {props.options.map((option) => (
        <Checkbox key={option.id} value={option.id} className="checkbox">
          <span className="box">
            <Icon name="tick" />
          </span>
          {option.title}
        </Checkbox>
      ))}
    </CheckboxGroup>
  )
}

/** Several lines of text. */
export function LongField(props: {
  label: string
  value: string
  onChange: (value: string) => void
  help?: string
  required?: boolean
  minLength?: number
  maxLength?: number
  rows?: number
}) {
  return (
    <TextField
      className="field"
      value={props.value}
      onChange={props.onChange}
      isRequired={props.required ?? true}
      maxLength={props.maxLength ?? 2000}
    >
      <Label>{props.label}</Label>
      <TextArea rows={props.rows ?? 3} />
      {props.help && (
        <Text slot="description" className="help">
          {props.help}
        </Text>
      )}
      <FieldError className="error" />
    </TextField>
  )
}

/** One of a few. */
export function OneOf(props: {
  label: string
  options: readonly { readonly id: string; readonly title: string; readonly help?: string }[]
  value: string
  onChange: (value: string) => void
}) {
  const id = useId()
  return (
    <fieldset className="group">
      <legend className="label">{props.label}</legend>
      {props.options.map(({ id: option, title, help }) => (
        <label key={option} className="radio">
          <input
            type="radio"
            name={id}
            value={option}
            checked={props.value === option}
            onChange={() => props.onChange(option)}
          />
          <span>
            {title}
            {help && <span className="help">{help}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  )
}

/** One of many. */
export function Select(props: {
  label: string
  options: readonly { readonly id: string; readonly title: string }[]
  value: string
  onChange: (value: string) => void
  help?: string
}) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{props.label}</label>
      <select
        id={id}
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
        aria-describedby={props.help === undefined ? undefined : `${id}-help`}
      >
        {props.options.map((option) => (
          <option key={option.id} value={option.id}>
            {option.title}
          </option>
        ))}
      </select>
      {props.help && (
        <span className="help" id={`${id}-help`}>
          {props.help}
        </span>
      )}
    </div>
  )
}

/** Yes or no. */
export function Tick(props: { label: string; value: boolean; onChange: (value: boolean) => void }) {
  return (
    <Checkbox className="checkbox" isSelected={props.value} onChange={props.onChange}>
      <span className="box">
        <Icon name="tick" />
      </span>
      {props.label}
    </Checkbox>
  )
}
