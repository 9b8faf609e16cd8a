// Paper for a winner, unless he prefers that nothing moves.

const colours = ['#07c160', '#f5a623', '#e94f64', '#3b82f6', '#a855f7'];

/** Lets confetti fall over an element. It is decoration, takes no clicks and cleans up after itself. */
export function confetti(element) {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches || document.hidden) return;
  const layer = document.createElement('div');
  layer.className = 'confetti';
  layer.setAttribute('aria-hidden', 'true');
  element.append(layer);
  const falls = Array.from({ length: 48 }, () => fall(layer));
  Promise.allSettled(falls).then(() => layer.remove());
}

function fall(layer) {
  const piece = document.createElement('i');
  const between = (low, high) => low + Math.random() * (high - low);
  piece.style.left = between(0, 100) + '%';
  piece.style.background = colours[Math.floor(between(0, colours.length))];
  layer.append(piece);
  return piece.animate([
    { transform: 'translate(0, -1rem) rotate(0)', opacity: 1 },
    { transform: `translate(${between(-3, 3)}rem, ${layer.clientHeight}px) rotate(${between(-720, 720)}deg)`, opacity: 0.7 },
  ], { duration: between(1600, 3200), delay: between(0, 500), easing: 'cubic-bezier(.2,.5,.6,1)', fill: 'both' }).finished;
}
