-- A pandoc filter: what the marks in the Markdown of pdf.py and word.py stand for, in Typst and in Word.
--
-- The first paragraph is the mark itself, a word that occurs nowhere else; a paragraph that begins with it says:
--   MARK call INDEX [AT]      a block of ours, or one element of it: a call of bulletin.typ
--   MARK open ROLE [STYLE]    what follows, up to MARK close, is a block's; in Word, its paragraphs are in that style
--   MARK keep                 the paragraph before stays with what follows
-- and for Word, whose layout is in named styles:
--   MARK style NAME           the next paragraph is in that style
--   MARK tab NAME             the next two paragraphs are one line in that style, the second at its right end
--   MARK chart INDEX WIDTH    the next paragraph describes the chart that stands here, so many mm wide
--   MARK wide SHARE …         the next table is as wide as the text; these are its columns' shares; U+E000 breaks a heading's line
--   MARK dense SHARE …        the same, of many columns, set smaller
--   MARK cards SHARE …        the same, of a table of cards: names, values, notes
--   MARK list SHARE …         the same, of a list, set smaller and closer
--   MARK frame … MARK framed  the lines between stand at the foot of the page; the last two stand in one line
-- Free text holds no raw HTML, Typst or Word: the reader has those extensions off, so nothing but these is markup.

-- Nothing is fetched, and a link leads out or is text.
local only_safe = {
  Image = function(image)
    if #image.caption == 0 or image.src:match("^hotline%-chart%-%d+%.png$") then return #image.caption > 0 and image or {} end
    return {pandoc.Str("（图："), pandoc.Span(image.caption), pandoc.Str("）")}
  end,
  Link = function(link)
    return link.target:match("^https?:") and link or link.content
  end,
}

-- Characters that pandoc 3.9 leaves to Typst's shorthands: ... would become an ellipsis, -5 a minus sign, -? nothing.
local as_written = {
  Str = function(str)
    if FORMAT ~= "typst" or not str.text:find("[-.]") then return nil end
    local out = pandoc.List()
    for text, sign in (str.text .. "\0"):gmatch("([^-.]*)([-.%z])") do
      if text ~= "" then out:insert(pandoc.Str(text)) end
      if sign ~= "\0" then out:insert(pandoc.RawInline("typst", "\\" .. sign)) end
    end
    return out
  end,
}

local function raw(text)
  return pandoc.RawBlock("typst", text)
end

local function styled(name, inlines)
  return pandoc.Div({pandoc.Para(inlines)}, {["custom-style"] = name})
end

-- The last paragraph, or in Word the last chart, stays with the signature: no page holds the signature alone
-- (GB/T 9704-2012, 7.3.5.4). In the PDF a chart knows by itself what follows it.
local function keep_last(blocks)
  local last = blocks[#blocks]
  if last and last.tag == "Div" and last.attributes["custom-style"] == "图" then
    last.attributes["custom-style"] = "图题" -- which stays with what follows
  elseif #blocks > 0 and blocks[#blocks].tag == "Para" then
    local last = blocks:remove()
    blocks:extend(FORMAT == "typst" and {raw("#keep["), last, raw("]")} or {styled("文末段", last.content)})
  end
end

local broken = {
  Str = function(str)
    local out = pandoc.List()
    for line in (str.text .. "\u{E000}"):gmatch("(.-)\u{E000}") do
      if #out > 0 then out:insert(pandoc.LineBreak()) end
      out:insert(pandoc.Str(line))
    end
    return out
  end,
}

-- Word's table style sets no text of its own size, so every cell's paragraph has its style; `first` is that of the
-- first row below the head, `rest` that of the others (表文 if not given).
local function in_cells(tbl, first, rest)
  local function set(rows, name, first)
    for at, row in ipairs(rows) do
      for _, cell in ipairs(row.cells) do
        local inlines = pandoc.utils.blocks_to_inlines(cell.contents):walk(broken)
        -- pandoc gives an empty paragraph no style, and so the height of the text's lines.
        if rest and #inlines == 0 then inlines = {pandoc.Str("\u{a0}")} end
        cell.contents = {styled(at == 1 and first or name, inlines)}
      end
    end
  end
  set(tbl.head.rows, rest and rest .. "头" or "表头")
  for _, body in ipairs(tbl.bodies) do set(body.body, rest or "表文", first) end
  return tbl
end

local function as_wide(tbl, shares)
  for at, spec in ipairs(tbl.colspecs) do tbl.colspecs[at] = {spec[1], tonumber(shares[at])} end
  return tbl
end

local word = {}

function word.style(block, name)
  return styled(name[1], block.content)
end

function word.tab(block, name, before)
  if not before then return nil end
  local line = before.content .. {pandoc.RawInline("openxml", "<w:r><w:tab/></w:r>")} .. block.content
  return styled(name[1], line)
end

function word.chart(block, index)
  local file = "hotline-chart-" .. index[1] .. ".png"
  return styled("图", {pandoc.Image(block.content, file, "", {width = index[2] .. "mm"})})
end

function word.wide(block, shares)
  return as_wide(in_cells(block), shares)
end

function word.dense(block, shares)
  return as_wide(in_cells(block, nil, "密表"), shares)
end

function word.cards(block, shares)
  return as_wide(in_cells(block, "要数"), shares)
end

-- Lines as a table with rules between, fixed to the bottom of the type area of the page that it falls on: no style
-- of a reference document can place a table. The last two are one line, the second at its right end.
local function framed(lines)
  local function line(text, ...)
    local runs = pandoc.List({text, ...}):map(function(each)
      return '<w:t xml:space="preserve">' .. each:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;") .. "</w:t>"
    end)
    return '<w:p><w:pPr><w:pStyle w:val="Imprint"/><w:tabs><w:tab w:val="right" w:pos="8285"/></w:tabs></w:pPr>'
      .. "<w:r>" .. table.concat(runs, "<w:tab/>") .. "</w:r></w:p>"
  end
  local function row(content)
    return '<w:tr><w:tc><w:tcPr><w:tcW w:w="8845" w:type="dxa"/></w:tcPr>' .. content .. "</w:tc></w:tr>"
  end
  local function rule(side, size)
    return "<w:" .. side .. ' w:val="single" w:sz="' .. size .. '" w:space="0" w:color="auto"/>'
  end
  local date, office = lines:remove(), lines:remove()
  local readers = table.concat(lines:map(function(text) return line(text) end))
  return pandoc.RawBlock("openxml", "<w:tbl><w:tblPr>"
    .. '<w:tblpPr w:leftFromText="0" w:rightFromText="0" w:topFromText="280" w:vertAnchor="margin" w:horzAnchor="margin" w:tblpXSpec="left" w:tblpYSpec="bottom"/>'
    .. '<w:tblOverlap w:val="never"/><w:tblW w:w="8845" w:type="dxa"/><w:tblBorders>' .. rule("top", 8) .. rule("bottom", 8) .. rule("insideH", 6) .. "</w:tblBorders>"
    .. '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="280" w:type="dxa"/><w:right w:w="280" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    .. '<w:tblGrid><w:gridCol w:w="8845"/></w:tblGrid>' .. (readers ~= "" and row(readers) or "") .. row(line(office, date)) .. "</w:tbl>"
    .. '<w:p><w:pPr><w:pStyle w:val="Anchor"/></w:pPr></w:p>')
end

function word.list(block, shares)
  return as_wide(in_cells(block, nil, "清单"), shares)
end

-- 本期要点: no item breaks over pages, and none is alone on the next.
local function as_highlights(list)
  for at, item in ipairs(list.content) do
    local name = at == #list.content - 1 and "要点连" or "要点"
    list.content[at] = {styled(name, pandoc.utils.blocks_to_inlines(item))}
  end
  return list
end

local function in_word(block, role, style)
  if role == "highlights" and block.tag == "BulletList" then return as_highlights(block) end
  if block.tag == "Table" then return in_cells(block) end
  if style and block.tag == "Para" then return styled(style, block.content) end
  if role == "article" and block.tag == "Header" and block.level == 2 then return styled("文章题目", block.content) end
  return block
end

function Pandoc(doc)
  local typst = FORMAT == "typst"
  local mark = pandoc.utils.stringify(doc.blocks:remove(1))
  local out, order, words, role, style, before, lines = pandoc.List(), nil, nil, nil, nil, nil, nil
  for _, block in ipairs(doc.blocks) do
    local verb = nil
    if block.tag == "Para" and block.content[1].text == mark then
      words = pandoc.List()
      for word in pandoc.utils.stringify(block):gmatch("%S+") do words:insert(word) end
      words:remove(1)
      verb = words:remove(1)
    end
    if verb == "call" then
      out:insert(raw("#draw(" .. words[1] .. (words[2] and ", at: " .. words[2] or "") .. ")"))
    elseif verb == "keep" then
      keep_last(out)
    elseif verb == "open" then
      role, style = words[1], words[2]
      if typst then out:insert(raw('#within("' .. role:gsub('["\\]', "") .. '")[')) end
    elseif verb == "close" then
      if typst then out:insert(raw("]")) end
      role, style = nil, nil
    elseif verb == "frame" then
      lines = pandoc.List()
    elseif verb == "framed" then
      out:insert(framed(lines))
      lines = nil
    elseif lines then
      lines:insert(pandoc.utils.stringify(block))
    elseif verb then
      order, before = verb, nil
    else
      -- Level 1 is the title's, in the masthead: sections are a document's first level.
      if block.tag == "Header" then block.level = math.max(block.level - 1, 1) end
      local set = block
      if order then set = word[order](block, words, before) elseif not typst then set = in_word(block, role, style) end
      if set then
        out:insert(set)
        order, before = nil, nil
      else
        before = block
      end
    end
  end
  return pandoc.Pandoc(out, doc.meta):walk(only_safe):walk(as_written)
end
