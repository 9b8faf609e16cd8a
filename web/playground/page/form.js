// The form for a new lottery.

import { make, one, patch } from './dom.js';
import { say, spoken } from './words.js';

// How far ahead the draw is to be: the shortest that the local cloud takes (15 s, and a moment to get there), and others.
const times = [['16', () => say('formSoonest')], ['20', () => say('formIn', 20)], ['60', () => say('formIn', 60)], ['5', () => say('formTooSoon')]];

/** Returns a function that shows the form of a phone in root. What was typed stays until the language changes. */
export function createForm(root, phone) {
  return () => patch(root, [spoken()], () => [build(phone)]);
}

function build(phone) {
  const id = (name) => `phone-${phone.number}-${name}`;
  const form = make('form', { class: 'form', 'data-role': 'form', novalidate: '', autocomplete: 'off' },
    make('h4', {}, say('formHeading')),
    field(id('title'), say('formTitle'), { name: 'title', value: say('formTitleValue') }),
    ...[1, 2].map((n) => make('div', { class: 'pair' },
      field(id('prize' + n), say('formPrize', n), { name: 'prize' + n, value: say('formPrize' + n) }),
      field(id('quantity' + n), say('formQuantity'), { name: 'quantity' + n, value: '1', type: 'number', min: 0, inputmode: 'numeric' }))),
    make('fieldset', {}, make('legend', {}, say('formWhen')),
      make('div', { class: 'choices' }, ...times.map(([value, text]) => make('label', {},
        make('input', { type: 'radio', name: 'seconds', value, checked: value === '20' ? '' : null }), make('span', {}, text()))))),
    make('label', { class: 'tick' }, make('input', { type: 'checkbox', name: 'notify', checked: '' }), say('formNotify')),
    make('div', { class: 'row' },
      make('button', { type: 'submit', class: 'primary', 'data-action': 'create-submit' }, say('formSubmit')),
      make('button', { type: 'button', 'data-action': 'close' }, say('close'))));
  form.addEventListener('submit', (e) => {
    e.preventDefault();
    submit(phone, form);
  });
  return form;
}

function field(id, label, attributes) {
  return make('div', { class: 'field' }, make('label', { for: id }, label), make('input', { id, ...attributes }));
}

/** Sends what was typed as it is: whether it is right is for the service to say. An empty prize is none. */
async function submit(phone, form) {
  const value = (name) => form.elements[name].value;
  const prizes = [1, 2].filter((n) => value('prize' + n)).map((n) => ({ name: value('prize' + n), quantity: Math.trunc(Number(value('quantity' + n))) }));
  const done = await phone.act('create', { title: value('title'), prizes, seconds: Number(value('seconds')), notify: form.elements.notify.checked });
  if (done) one('.actions [data-action="share"]', form.closest('.phone')).focus({ preventScroll: true });
}
