package wechatsim

import (
	"bytes"
	"crypto/sha256"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"strings"
)

const (
	sceneLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$'()*+,/:;=?@-._~"
	cells, cell  = 16, 8 // a picture is 16 × 16 fields of 8 × 8 pixels
)

// getWXACode draws a picture of the scene. As at WeChat, the page is not looked for when check_path is false.
func (s *Sim) getWXACode(r request) any {
	in, good := read[struct {
		Scene string `json:"scene"`
		Page  string `json:"page"`
		Check *bool  `json:"check_path"` // null: true
	}](r)
	checked := in.Page != "" && (in.Check == nil || *in.Check)
	switch {
	case !good || in.Scene == "" || len(in.Scene) > 32:
		return refuse(40169, "invalid length for scene, or the data is not json string")
	case strings.Trim(in.Scene, sceneLetters) != "":
		return refuse(40129, "invalid scene")
	case checked && !slices.Contains(s.cfg.Pages, in.Page):
		return refuse(41030, "invalid page")
	}
	return picture(in.Scene)
}

// picture is drawn from a text: nothing can scan it, but other texts give other pixels.
type picture string

func (p picture) draw() []byte {
	img := image.NewGray(image.Rect(0, 0, cells*cell, cells*cell))
	bits := sha256.Sum256([]byte(p))
	for y := range cells * cell {
		for x := range cells * cell {
			if i := y/cell*cells + x/cell; bits[i/8]>>(i%8)&1 == 0 {
				img.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil) // into memory, and never too large
	return b.Bytes()
}
